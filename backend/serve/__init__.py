"""`paidan serve`: the embedded queue, the web server and the worker under one supervisor, on one port."""
