"""One controller per resource, given a version; ``marconi.api.root`` is the map."""
