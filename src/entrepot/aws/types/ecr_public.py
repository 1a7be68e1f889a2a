"""Types of the ecr-public API, version 2020-10-30. Timestamps are seconds since 1970, blobs are bytes.

Written by tools/generate_aws_types.py from the vendored model. Do not edit.
"""

from typing import Literal, NotRequired, TypedDict

BatchCheckLayerAvailabilityRequest = TypedDict(
    "BatchCheckLayerAvailabilityRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "layerDigests": list[str],
    },
)

LayerAvailability = Literal[
    "AVAILABLE",
    "UNAVAILABLE",
]

Layer = TypedDict(
    "Layer",
    {
        "layerDigest": NotRequired[str],
        "layerAvailability": NotRequired[LayerAvailability],
        "layerSize": NotRequired[int],
        "mediaType": NotRequired[str],
    },
)

LayerFailureCode = Literal[
    "InvalidLayerDigest",
    "MissingLayerDigest",
]

LayerFailure = TypedDict(
    "LayerFailure",
    {
        "layerDigest": NotRequired[str],
        "failureCode": NotRequired[LayerFailureCode],
        "failureReason": NotRequired[str],
    },
)

BatchCheckLayerAvailabilityResponse = TypedDict(
    "BatchCheckLayerAvailabilityResponse",
    {
        "layers": NotRequired[list[Layer]],
        "failures": NotRequired[list[LayerFailure]],
    },
)

ImageIdentifier = TypedDict(
    "ImageIdentifier",
    {
        "imageDigest": NotRequired[str],
        "imageTag": NotRequired[str],
    },
)

BatchDeleteImageRequest = TypedDict(
    "BatchDeleteImageRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageIds": list[ImageIdentifier],
    },
)

ImageFailureCode = Literal[
    "InvalidImageDigest",
    "InvalidImageTag",
    "ImageTagDoesNotMatchDigest",
    "ImageNotFound",
    "MissingDigestAndTag",
    "ImageReferencedByManifestList",
    "KmsError",
]

ImageFailure = TypedDict(
    "ImageFailure",
    {
        "imageId": NotRequired[ImageIdentifier],
        "failureCode": NotRequired[ImageFailureCode],
        "failureReason": NotRequired[str],
    },
)

BatchDeleteImageResponse = TypedDict(
    "BatchDeleteImageResponse",
    {
        "imageIds": NotRequired[list[ImageIdentifier]],
        "failures": NotRequired[list[ImageFailure]],
    },
)

CompleteLayerUploadRequest = TypedDict(
    "CompleteLayerUploadRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "uploadId": str,
        "layerDigests": list[str],
    },
)

CompleteLayerUploadResponse = TypedDict(
    "CompleteLayerUploadResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "uploadId": NotRequired[str],
        "layerDigest": NotRequired[str],
    },
)

RepositoryCatalogDataInput = TypedDict(
    "RepositoryCatalogDataInput",
    {
        "description": NotRequired[str],
        "architectures": NotRequired[list[str]],
        "operatingSystems": NotRequired[list[str]],
        "logoImageBlob": NotRequired[bytes],
        "aboutText": NotRequired[str],
        "usageText": NotRequired[str],
    },
)

Tag = TypedDict(
    "Tag",
    {
        "Key": NotRequired[str],
        "Value": NotRequired[str],
    },
)

CreateRepositoryRequest = TypedDict(
    "CreateRepositoryRequest",
    {
        "repositoryName": str,
        "catalogData": NotRequired[RepositoryCatalogDataInput],
        "tags": NotRequired[list[Tag]],
    },
)

Repository = TypedDict(
    "Repository",
    {
        "repositoryArn": NotRequired[str],
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "repositoryUri": NotRequired[str],
        "createdAt": NotRequired[float],
    },
)

RepositoryCatalogData = TypedDict(
    "RepositoryCatalogData",
    {
        "description": NotRequired[str],
        "architectures": NotRequired[list[str]],
        "operatingSystems": NotRequired[list[str]],
        "logoUrl": NotRequired[str],
        "aboutText": NotRequired[str],
        "usageText": NotRequired[str],
        "marketplaceCertified": NotRequired[bool],
    },
)

CreateRepositoryResponse = TypedDict(
    "CreateRepositoryResponse",
    {
        "repository": NotRequired[Repository],
        "catalogData": NotRequired[RepositoryCatalogData],
    },
)

DeleteRepositoryRequest = TypedDict(
    "DeleteRepositoryRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "force": NotRequired[bool],
    },
)

DeleteRepositoryResponse = TypedDict(
    "DeleteRepositoryResponse",
    {
        "repository": NotRequired[Repository],
    },
)

DeleteRepositoryPolicyRequest = TypedDict(
    "DeleteRepositoryPolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

DeleteRepositoryPolicyResponse = TypedDict(
    "DeleteRepositoryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "policyText": NotRequired[str],
    },
)

DescribeImageTagsRequest = TypedDict(
    "DescribeImageTagsRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

ReferencedImageDetail = TypedDict(
    "ReferencedImageDetail",
    {
        "imageDigest": NotRequired[str],
        "imageSizeInBytes": NotRequired[int],
        "imagePushedAt": NotRequired[float],
        "imageManifestMediaType": NotRequired[str],
        "artifactMediaType": NotRequired[str],
    },
)

ImageTagDetail = TypedDict(
    "ImageTagDetail",
    {
        "imageTag": NotRequired[str],
        "createdAt": NotRequired[float],
        "imageDetail": NotRequired[ReferencedImageDetail],
    },
)

DescribeImageTagsResponse = TypedDict(
    "DescribeImageTagsResponse",
    {
        "imageTagDetails": NotRequired[list[ImageTagDetail]],
        "nextToken": NotRequired[str],
    },
)

DescribeImagesRequest = TypedDict(
    "DescribeImagesRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageIds": NotRequired[list[ImageIdentifier]],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

ImageDetail = TypedDict(
    "ImageDetail",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageDigest": NotRequired[str],
        "imageTags": NotRequired[list[str]],
        "imageSizeInBytes": NotRequired[int],
        "imagePushedAt": NotRequired[float],
        "imageManifestMediaType": NotRequired[str],
        "artifactMediaType": NotRequired[str],
    },
)

DescribeImagesResponse = TypedDict(
    "DescribeImagesResponse",
    {
        "imageDetails": NotRequired[list[ImageDetail]],
        "nextToken": NotRequired[str],
    },
)

DescribeRegistriesRequest = TypedDict(
    "DescribeRegistriesRequest",
    {
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

RegistryAliasStatus = Literal[
    "ACTIVE",
    "PENDING",
    "REJECTED",
]

RegistryAlias = TypedDict(
    "RegistryAlias",
    {
        "name": str,
        "status": RegistryAliasStatus,
        "primaryRegistryAlias": bool,
        "defaultRegistryAlias": bool,
    },
)

Registry = TypedDict(
    "Registry",
    {
        "registryId": str,
        "registryArn": str,
        "registryUri": str,
        "verified": bool,
        "aliases": list[RegistryAlias],
    },
)

DescribeRegistriesResponse = TypedDict(
    "DescribeRegistriesResponse",
    {
        "registries": list[Registry],
        "nextToken": NotRequired[str],
    },
)

DescribeRepositoriesRequest = TypedDict(
    "DescribeRepositoriesRequest",
    {
        "registryId": NotRequired[str],
        "repositoryNames": NotRequired[list[str]],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

DescribeRepositoriesResponse = TypedDict(
    "DescribeRepositoriesResponse",
    {
        "repositories": NotRequired[list[Repository]],
        "nextToken": NotRequired[str],
    },
)

GetAuthorizationTokenRequest = TypedDict(
    "GetAuthorizationTokenRequest",
    {},
)

AuthorizationData = TypedDict(
    "AuthorizationData",
    {
        "authorizationToken": NotRequired[str],
        "expiresAt": NotRequired[float],
    },
)

GetAuthorizationTokenResponse = TypedDict(
    "GetAuthorizationTokenResponse",
    {
        "authorizationData": NotRequired[AuthorizationData],
    },
)

GetRegistryCatalogDataRequest = TypedDict(
    "GetRegistryCatalogDataRequest",
    {},
)

RegistryCatalogData = TypedDict(
    "RegistryCatalogData",
    {
        "displayName": NotRequired[str],
    },
)

GetRegistryCatalogDataResponse = TypedDict(
    "GetRegistryCatalogDataResponse",
    {
        "registryCatalogData": RegistryCatalogData,
    },
)

GetRepositoryCatalogDataRequest = TypedDict(
    "GetRepositoryCatalogDataRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

GetRepositoryCatalogDataResponse = TypedDict(
    "GetRepositoryCatalogDataResponse",
    {
        "catalogData": NotRequired[RepositoryCatalogData],
    },
)

GetRepositoryPolicyRequest = TypedDict(
    "GetRepositoryPolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

GetRepositoryPolicyResponse = TypedDict(
    "GetRepositoryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "policyText": NotRequired[str],
    },
)

InitiateLayerUploadRequest = TypedDict(
    "InitiateLayerUploadRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

InitiateLayerUploadResponse = TypedDict(
    "InitiateLayerUploadResponse",
    {
        "uploadId": NotRequired[str],
        "partSize": NotRequired[int],
    },
)

ListTagsForResourceRequest = TypedDict(
    "ListTagsForResourceRequest",
    {
        "resourceArn": str,
    },
)

ListTagsForResourceResponse = TypedDict(
    "ListTagsForResourceResponse",
    {
        "tags": NotRequired[list[Tag]],
    },
)

PutImageRequest = TypedDict(
    "PutImageRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageManifest": str,
        "imageManifestMediaType": NotRequired[str],
        "imageTag": NotRequired[str],
        "imageDigest": NotRequired[str],
    },
)

Image = TypedDict(
    "Image",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "imageManifest": NotRequired[str],
        "imageManifestMediaType": NotRequired[str],
    },
)

PutImageResponse = TypedDict(
    "PutImageResponse",
    {
        "image": NotRequired[Image],
    },
)

PutRegistryCatalogDataRequest = TypedDict(
    "PutRegistryCatalogDataRequest",
    {
        "displayName": NotRequired[str],
    },
)

PutRegistryCatalogDataResponse = TypedDict(
    "PutRegistryCatalogDataResponse",
    {
        "registryCatalogData": RegistryCatalogData,
    },
)

PutRepositoryCatalogDataRequest = TypedDict(
    "PutRepositoryCatalogDataRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "catalogData": RepositoryCatalogDataInput,
    },
)

PutRepositoryCatalogDataResponse = TypedDict(
    "PutRepositoryCatalogDataResponse",
    {
        "catalogData": NotRequired[RepositoryCatalogData],
    },
)

SetRepositoryPolicyRequest = TypedDict(
    "SetRepositoryPolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "policyText": str,
        "force": NotRequired[bool],
    },
)

SetRepositoryPolicyResponse = TypedDict(
    "SetRepositoryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "policyText": NotRequired[str],
    },
)

TagResourceRequest = TypedDict(
    "TagResourceRequest",
    {
        "resourceArn": str,
        "tags": list[Tag],
    },
)

TagResourceResponse = TypedDict(
    "TagResourceResponse",
    {},
)

UntagResourceRequest = TypedDict(
    "UntagResourceRequest",
    {
        "resourceArn": str,
        "tagKeys": list[str],
    },
)

UntagResourceResponse = TypedDict(
    "UntagResourceResponse",
    {},
)

UploadLayerPartRequest = TypedDict(
    "UploadLayerPartRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "uploadId": str,
        "partFirstByte": int,
        "partLastByte": int,
        "layerPartBlob": bytes,
    },
)

UploadLayerPartResponse = TypedDict(
    "UploadLayerPartResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "uploadId": NotRequired[str],
        "lastByteReceived": NotRequired[int],
    },
)
