"""The verbs of the command line, one module each: ``add(subparsers)`` declares it, its ``run`` carries it out."""
