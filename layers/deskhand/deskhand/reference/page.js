// Addresses are relative to this file, so that they hold behind any stage, host name or prefix.
SwaggerUIBundle({
  url: new URL("../openapi.json", document.currentScript.src).href,
  domNode: document.getElementById("reference"),
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  // The default would send the document to a service on the internet.
  validatorUrl: null,
});
