"""The xAPI Learning Record Store: bytes in, statements kept and handed on. Imports nothing of ours."""
