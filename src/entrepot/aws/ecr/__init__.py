"""The operations of ECR, by noun. Importing this package fills the table of operations."""

from entrepot.aws.ecr import auth, images, layers, repositories, settings, tags

__all__ = ["auth", "images", "layers", "repositories", "settings", "tags"]
