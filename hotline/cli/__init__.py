"""The verbs of the command line, one module each: ``add(subparsers)`` declares it, its ``run`` default carries it out."""
