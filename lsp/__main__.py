import sys

from rtlwright.lsp.server import main

sys.exit(main())
