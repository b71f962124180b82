# docs
EXTRA_DIST += docs/architecture.md docs/operator-guide.md
