"""The team server: `Service` over HTTP, for several users at once."""
