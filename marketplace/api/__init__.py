"""The JSON API: what the pages do, for programs. The same services and queries; no behaviour of its own."""
