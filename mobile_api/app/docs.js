// Shows the OpenAPI document of /api/v1.
const place = document.querySelector("#docs");
window.SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true, docExpansion: "none" });
