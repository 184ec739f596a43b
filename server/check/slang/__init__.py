"""slang: syntax and elaboration, ports and how they are used."""
