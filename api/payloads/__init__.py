"""What goes over the wire, in pydantic: read on the way in, documented on the way out."""
