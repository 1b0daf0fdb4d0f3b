"""A judge of searches, written from the published rules alone and sharing no line with the product."""
