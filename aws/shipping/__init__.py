"""`make aws`: checks, builds and deploys a stage to an AWS account."""
