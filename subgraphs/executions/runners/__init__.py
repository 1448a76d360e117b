"""How code is run: the Protocol ``Runner``, the sandbox of bubblewrap, and a WebAssembly engine."""
