"""One module of views per work area; each offers a `blueprint`."""
