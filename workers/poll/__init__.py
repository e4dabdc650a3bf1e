"""Reading what a person configured and polling feeds."""
