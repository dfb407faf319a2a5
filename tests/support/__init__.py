"""What the tests stand on: a local server in the services' shapes, builders, a tiny review, comparers of stores."""
