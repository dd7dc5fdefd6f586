"""What the services say, by name: English in `english.json`, other languages in the page's own files."""
