"""Types of the ecr API, version 2015-09-21. Timestamps are seconds since 1970, blobs are bytes.

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
    "ARCHIVED",
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
    "UpstreamAccessDenied",
    "UpstreamTooManyRequests",
    "UpstreamUnavailable",
    "ImageInaccessible",
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

BatchGetImageRequest = TypedDict(
    "BatchGetImageRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageIds": list[ImageIdentifier],
        "acceptedMediaTypes": NotRequired[list[str]],
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

BatchGetImageResponse = TypedDict(
    "BatchGetImageResponse",
    {
        "images": NotRequired[list[Image]],
        "failures": NotRequired[list[ImageFailure]],
    },
)

BatchGetRepositoryScanningConfigurationRequest = TypedDict(
    "BatchGetRepositoryScanningConfigurationRequest",
    {
        "repositoryNames": list[str],
    },
)

ScanFrequency = Literal[
    "SCAN_ON_PUSH",
    "CONTINUOUS_SCAN",
    "MANUAL",
]

ScanningRepositoryFilterType = Literal[
    "WILDCARD",
]

ScanningRepositoryFilter = TypedDict(
    "ScanningRepositoryFilter",
    {
        "filter": str,
        "filterType": ScanningRepositoryFilterType,
    },
)

RepositoryScanningConfiguration = TypedDict(
    "RepositoryScanningConfiguration",
    {
        "repositoryArn": NotRequired[str],
        "repositoryName": NotRequired[str],
        "scanOnPush": NotRequired[bool],
        "scanFrequency": NotRequired[ScanFrequency],
        "appliedScanFilters": NotRequired[list[ScanningRepositoryFilter]],
    },
)

ScanningConfigurationFailureCode = Literal[
    "REPOSITORY_NOT_FOUND",
]

RepositoryScanningConfigurationFailure = TypedDict(
    "RepositoryScanningConfigurationFailure",
    {
        "repositoryName": NotRequired[str],
        "failureCode": NotRequired[ScanningConfigurationFailureCode],
        "failureReason": NotRequired[str],
    },
)

BatchGetRepositoryScanningConfigurationResponse = TypedDict(
    "BatchGetRepositoryScanningConfigurationResponse",
    {
        "scanningConfigurations": NotRequired[list[RepositoryScanningConfiguration]],
        "failures": NotRequired[list[RepositoryScanningConfigurationFailure]],
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

UpstreamRegistry = Literal[
    "ecr",
    "ecr-public",
    "quay",
    "k8s",
    "docker-hub",
    "github-container-registry",
    "azure-container-registry",
    "gitlab-container-registry",
    "chainguard",
]

CreatePullThroughCacheRuleRequest = TypedDict(
    "CreatePullThroughCacheRuleRequest",
    {
        "ecrRepositoryPrefix": str,
        "upstreamRegistryUrl": str,
        "registryId": NotRequired[str],
        "upstreamRegistry": NotRequired[UpstreamRegistry],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
    },
)

CreatePullThroughCacheRuleResponse = TypedDict(
    "CreatePullThroughCacheRuleResponse",
    {
        "ecrRepositoryPrefix": NotRequired[str],
        "upstreamRegistryUrl": NotRequired[str],
        "createdAt": NotRequired[float],
        "registryId": NotRequired[str],
        "upstreamRegistry": NotRequired[UpstreamRegistry],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
    },
)

Tag = TypedDict(
    "Tag",
    {
        "Key": str,
        "Value": str,
    },
)

ImageTagMutability = Literal[
    "MUTABLE",
    "IMMUTABLE",
    "IMMUTABLE_WITH_EXCLUSION",
    "MUTABLE_WITH_EXCLUSION",
]

ImageTagMutabilityExclusionFilterType = Literal[
    "WILDCARD",
]

ImageTagMutabilityExclusionFilter = TypedDict(
    "ImageTagMutabilityExclusionFilter",
    {
        "filterType": ImageTagMutabilityExclusionFilterType,
        "filter": str,
    },
)

ImageScanningConfiguration = TypedDict(
    "ImageScanningConfiguration",
    {
        "scanOnPush": NotRequired[bool],
    },
)

EncryptionType = Literal[
    "AES256",
    "KMS",
    "KMS_DSSE",
]

EncryptionConfiguration = TypedDict(
    "EncryptionConfiguration",
    {
        "encryptionType": EncryptionType,
        "kmsKey": NotRequired[str],
    },
)

CreateRepositoryRequest = TypedDict(
    "CreateRepositoryRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "tags": NotRequired[list[Tag]],
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
        "imageScanningConfiguration": NotRequired[ImageScanningConfiguration],
        "encryptionConfiguration": NotRequired[EncryptionConfiguration],
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
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
        "imageScanningConfiguration": NotRequired[ImageScanningConfiguration],
        "encryptionConfiguration": NotRequired[EncryptionConfiguration],
    },
)

CreateRepositoryResponse = TypedDict(
    "CreateRepositoryResponse",
    {
        "repository": NotRequired[Repository],
    },
)

EncryptionConfigurationForRepositoryCreationTemplate = TypedDict(
    "EncryptionConfigurationForRepositoryCreationTemplate",
    {
        "encryptionType": EncryptionType,
        "kmsKey": NotRequired[str],
    },
)

RCTAppliedFor = Literal[
    "REPLICATION",
    "PULL_THROUGH_CACHE",
    "CREATE_ON_PUSH",
]

CreateRepositoryCreationTemplateRequest = TypedDict(
    "CreateRepositoryCreationTemplateRequest",
    {
        "prefix": str,
        "description": NotRequired[str],
        "encryptionConfiguration": NotRequired[EncryptionConfigurationForRepositoryCreationTemplate],
        "resourceTags": NotRequired[list[Tag]],
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
        "repositoryPolicy": NotRequired[str],
        "lifecyclePolicy": NotRequired[str],
        "appliedFor": list[RCTAppliedFor],
        "customRoleArn": NotRequired[str],
    },
)

RepositoryCreationTemplate = TypedDict(
    "RepositoryCreationTemplate",
    {
        "prefix": NotRequired[str],
        "description": NotRequired[str],
        "encryptionConfiguration": NotRequired[EncryptionConfigurationForRepositoryCreationTemplate],
        "resourceTags": NotRequired[list[Tag]],
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
        "repositoryPolicy": NotRequired[str],
        "lifecyclePolicy": NotRequired[str],
        "appliedFor": NotRequired[list[RCTAppliedFor]],
        "customRoleArn": NotRequired[str],
        "createdAt": NotRequired[float],
        "updatedAt": NotRequired[float],
    },
)

CreateRepositoryCreationTemplateResponse = TypedDict(
    "CreateRepositoryCreationTemplateResponse",
    {
        "registryId": NotRequired[str],
        "repositoryCreationTemplate": NotRequired[RepositoryCreationTemplate],
    },
)

DeleteLifecyclePolicyRequest = TypedDict(
    "DeleteLifecyclePolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

DeleteLifecyclePolicyResponse = TypedDict(
    "DeleteLifecyclePolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "lifecyclePolicyText": NotRequired[str],
        "lastEvaluatedAt": NotRequired[float],
    },
)

DeletePullThroughCacheRuleRequest = TypedDict(
    "DeletePullThroughCacheRuleRequest",
    {
        "ecrRepositoryPrefix": str,
        "registryId": NotRequired[str],
    },
)

DeletePullThroughCacheRuleResponse = TypedDict(
    "DeletePullThroughCacheRuleResponse",
    {
        "ecrRepositoryPrefix": NotRequired[str],
        "upstreamRegistryUrl": NotRequired[str],
        "createdAt": NotRequired[float],
        "registryId": NotRequired[str],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
    },
)

DeleteRegistryPolicyRequest = TypedDict(
    "DeleteRegistryPolicyRequest",
    {},
)

DeleteRegistryPolicyResponse = TypedDict(
    "DeleteRegistryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "policyText": NotRequired[str],
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

DeleteRepositoryCreationTemplateRequest = TypedDict(
    "DeleteRepositoryCreationTemplateRequest",
    {
        "prefix": str,
    },
)

DeleteRepositoryCreationTemplateResponse = TypedDict(
    "DeleteRepositoryCreationTemplateResponse",
    {
        "registryId": NotRequired[str],
        "repositoryCreationTemplate": NotRequired[RepositoryCreationTemplate],
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

DeleteSigningConfigurationRequest = TypedDict(
    "DeleteSigningConfigurationRequest",
    {},
)

SigningRepositoryFilterType = Literal[
    "WILDCARD_MATCH",
]

SigningRepositoryFilter = TypedDict(
    "SigningRepositoryFilter",
    {
        "filter": str,
        "filterType": SigningRepositoryFilterType,
    },
)

SigningRule = TypedDict(
    "SigningRule",
    {
        "signingProfileArn": str,
        "repositoryFilters": NotRequired[list[SigningRepositoryFilter]],
    },
)

SigningConfiguration = TypedDict(
    "SigningConfiguration",
    {
        "rules": list[SigningRule],
    },
)

DeleteSigningConfigurationResponse = TypedDict(
    "DeleteSigningConfigurationResponse",
    {
        "registryId": NotRequired[str],
        "signingConfiguration": NotRequired[SigningConfiguration],
    },
)

DeregisterPullTimeUpdateExclusionRequest = TypedDict(
    "DeregisterPullTimeUpdateExclusionRequest",
    {
        "principalArn": str,
    },
)

DeregisterPullTimeUpdateExclusionResponse = TypedDict(
    "DeregisterPullTimeUpdateExclusionResponse",
    {
        "principalArn": NotRequired[str],
    },
)

DescribeImageReplicationStatusRequest = TypedDict(
    "DescribeImageReplicationStatusRequest",
    {
        "repositoryName": str,
        "imageId": ImageIdentifier,
        "registryId": NotRequired[str],
    },
)

ReplicationStatus = Literal[
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
]

ImageReplicationStatus = TypedDict(
    "ImageReplicationStatus",
    {
        "region": NotRequired[str],
        "registryId": NotRequired[str],
        "status": NotRequired[ReplicationStatus],
        "failureCode": NotRequired[str],
    },
)

DescribeImageReplicationStatusResponse = TypedDict(
    "DescribeImageReplicationStatusResponse",
    {
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "replicationStatuses": NotRequired[list[ImageReplicationStatus]],
    },
)

DescribeImageScanFindingsRequest = TypedDict(
    "DescribeImageScanFindingsRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageId": ImageIdentifier,
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

ScanStatus = Literal[
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
    "UNSUPPORTED_IMAGE",
    "ACTIVE",
    "PENDING",
    "SCAN_ELIGIBILITY_EXPIRED",
    "FINDINGS_UNAVAILABLE",
    "LIMIT_EXCEEDED",
    "IMAGE_ARCHIVED",
    "IMAGE_SIZE_EXCEEDED",
]

ImageScanStatus = TypedDict(
    "ImageScanStatus",
    {
        "status": NotRequired[ScanStatus],
        "description": NotRequired[str],
    },
)

FindingSeverity = Literal[
    "INFORMATIONAL",
    "LOW",
    "MEDIUM",
    "HIGH",
    "CRITICAL",
    "UNDEFINED",
]

Attribute = TypedDict(
    "Attribute",
    {
        "key": str,
        "value": NotRequired[str],
    },
)

ImageScanFinding = TypedDict(
    "ImageScanFinding",
    {
        "name": NotRequired[str],
        "description": NotRequired[str],
        "uri": NotRequired[str],
        "severity": NotRequired[FindingSeverity],
        "attributes": NotRequired[list[Attribute]],
    },
)

CvssScore = TypedDict(
    "CvssScore",
    {
        "baseScore": NotRequired[float],
        "scoringVector": NotRequired[str],
        "source": NotRequired[str],
        "version": NotRequired[str],
    },
)

VulnerablePackage = TypedDict(
    "VulnerablePackage",
    {
        "arch": NotRequired[str],
        "epoch": NotRequired[int],
        "filePath": NotRequired[str],
        "name": NotRequired[str],
        "packageManager": NotRequired[str],
        "release": NotRequired[str],
        "sourceLayerHash": NotRequired[str],
        "version": NotRequired[str],
        "fixedInVersion": NotRequired[str],
    },
)

PackageVulnerabilityDetails = TypedDict(
    "PackageVulnerabilityDetails",
    {
        "cvss": NotRequired[list[CvssScore]],
        "referenceUrls": NotRequired[list[str]],
        "relatedVulnerabilities": NotRequired[list[str]],
        "source": NotRequired[str],
        "sourceUrl": NotRequired[str],
        "vendorCreatedAt": NotRequired[float],
        "vendorSeverity": NotRequired[str],
        "vendorUpdatedAt": NotRequired[float],
        "vulnerabilityId": NotRequired[str],
        "vulnerablePackages": NotRequired[list[VulnerablePackage]],
    },
)

Recommendation = TypedDict(
    "Recommendation",
    {
        "url": NotRequired[str],
        "text": NotRequired[str],
    },
)

Remediation = TypedDict(
    "Remediation",
    {
        "recommendation": NotRequired[Recommendation],
    },
)

AwsEcrContainerImageDetails = TypedDict(
    "AwsEcrContainerImageDetails",
    {
        "architecture": NotRequired[str],
        "author": NotRequired[str],
        "imageHash": NotRequired[str],
        "imageTags": NotRequired[list[str]],
        "platform": NotRequired[str],
        "pushedAt": NotRequired[float],
        "lastInUseAt": NotRequired[float],
        "inUseCount": NotRequired[int],
        "registry": NotRequired[str],
        "repositoryName": NotRequired[str],
    },
)

ResourceDetails = TypedDict(
    "ResourceDetails",
    {
        "awsEcrContainerImage": NotRequired[AwsEcrContainerImageDetails],
    },
)

Resource = TypedDict(
    "Resource",
    {
        "details": NotRequired[ResourceDetails],
        "id": NotRequired[str],
        "tags": NotRequired[dict[str, str]],
        "type": NotRequired[str],
    },
)

CvssScoreAdjustment = TypedDict(
    "CvssScoreAdjustment",
    {
        "metric": NotRequired[str],
        "reason": NotRequired[str],
    },
)

CvssScoreDetails = TypedDict(
    "CvssScoreDetails",
    {
        "adjustments": NotRequired[list[CvssScoreAdjustment]],
        "score": NotRequired[float],
        "scoreSource": NotRequired[str],
        "scoringVector": NotRequired[str],
        "version": NotRequired[str],
    },
)

ScoreDetails = TypedDict(
    "ScoreDetails",
    {
        "cvss": NotRequired[CvssScoreDetails],
    },
)

EnhancedImageScanFinding = TypedDict(
    "EnhancedImageScanFinding",
    {
        "awsAccountId": NotRequired[str],
        "description": NotRequired[str],
        "findingArn": NotRequired[str],
        "firstObservedAt": NotRequired[float],
        "lastObservedAt": NotRequired[float],
        "packageVulnerabilityDetails": NotRequired[PackageVulnerabilityDetails],
        "remediation": NotRequired[Remediation],
        "resources": NotRequired[list[Resource]],
        "score": NotRequired[float],
        "scoreDetails": NotRequired[ScoreDetails],
        "severity": NotRequired[str],
        "status": NotRequired[str],
        "title": NotRequired[str],
        "type": NotRequired[str],
        "updatedAt": NotRequired[float],
        "fixAvailable": NotRequired[str],
        "exploitAvailable": NotRequired[str],
    },
)

ImageScanFindings = TypedDict(
    "ImageScanFindings",
    {
        "imageScanCompletedAt": NotRequired[float],
        "vulnerabilitySourceUpdatedAt": NotRequired[float],
        "findingSeverityCounts": NotRequired[dict[str, int]],
        "findings": NotRequired[list[ImageScanFinding]],
        "enhancedFindings": NotRequired[list[EnhancedImageScanFinding]],
    },
)

DescribeImageScanFindingsResponse = TypedDict(
    "DescribeImageScanFindingsResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "imageScanStatus": NotRequired[ImageScanStatus],
        "imageScanFindings": NotRequired[ImageScanFindings],
        "nextToken": NotRequired[str],
    },
)

DescribeImageSigningStatusRequest = TypedDict(
    "DescribeImageSigningStatusRequest",
    {
        "repositoryName": str,
        "imageId": ImageIdentifier,
        "registryId": NotRequired[str],
    },
)

SigningStatus = Literal[
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
]

ImageSigningStatus = TypedDict(
    "ImageSigningStatus",
    {
        "signingProfileArn": NotRequired[str],
        "failureCode": NotRequired[str],
        "failureReason": NotRequired[str],
        "status": NotRequired[SigningStatus],
    },
)

DescribeImageSigningStatusResponse = TypedDict(
    "DescribeImageSigningStatusResponse",
    {
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "registryId": NotRequired[str],
        "signingStatuses": NotRequired[list[ImageSigningStatus]],
    },
)

TagStatus = Literal[
    "TAGGED",
    "UNTAGGED",
    "ANY",
]

ImageStatusFilter = Literal[
    "ACTIVE",
    "ARCHIVED",
    "ACTIVATING",
    "ANY",
]

DescribeImagesFilter = TypedDict(
    "DescribeImagesFilter",
    {
        "tagStatus": NotRequired[TagStatus],
        "imageStatus": NotRequired[ImageStatusFilter],
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
        "filter": NotRequired[DescribeImagesFilter],
    },
)

ImageScanFindingsSummary = TypedDict(
    "ImageScanFindingsSummary",
    {
        "imageScanCompletedAt": NotRequired[float],
        "vulnerabilitySourceUpdatedAt": NotRequired[float],
        "findingSeverityCounts": NotRequired[dict[str, int]],
    },
)

ImageStatus = Literal[
    "ACTIVE",
    "ARCHIVED",
    "ACTIVATING",
]

ImageDetail = TypedDict(
    "ImageDetail",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageDigest": NotRequired[str],
        "imageTags": NotRequired[list[str]],
        "imageSizeInBytes": NotRequired[int],
        "imagePushedAt": NotRequired[float],
        "imageScanStatus": NotRequired[ImageScanStatus],
        "imageScanFindingsSummary": NotRequired[ImageScanFindingsSummary],
        "imageManifestMediaType": NotRequired[str],
        "artifactMediaType": NotRequired[str],
        "lastRecordedPullTime": NotRequired[float],
        "subjectManifestDigest": NotRequired[str],
        "imageStatus": NotRequired[ImageStatus],
        "lastArchivedAt": NotRequired[float],
        "lastActivatedAt": NotRequired[float],
    },
)

DescribeImagesResponse = TypedDict(
    "DescribeImagesResponse",
    {
        "imageDetails": NotRequired[list[ImageDetail]],
        "nextToken": NotRequired[str],
    },
)

DescribePullThroughCacheRulesRequest = TypedDict(
    "DescribePullThroughCacheRulesRequest",
    {
        "registryId": NotRequired[str],
        "ecrRepositoryPrefixes": NotRequired[list[str]],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

PullThroughCacheRule = TypedDict(
    "PullThroughCacheRule",
    {
        "ecrRepositoryPrefix": NotRequired[str],
        "upstreamRegistryUrl": NotRequired[str],
        "createdAt": NotRequired[float],
        "registryId": NotRequired[str],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
        "upstreamRegistry": NotRequired[UpstreamRegistry],
        "updatedAt": NotRequired[float],
    },
)

DescribePullThroughCacheRulesResponse = TypedDict(
    "DescribePullThroughCacheRulesResponse",
    {
        "pullThroughCacheRules": NotRequired[list[PullThroughCacheRule]],
        "nextToken": NotRequired[str],
    },
)

DescribeRegistryRequest = TypedDict(
    "DescribeRegistryRequest",
    {},
)

ReplicationDestination = TypedDict(
    "ReplicationDestination",
    {
        "region": str,
        "registryId": str,
    },
)

RepositoryFilterType = Literal[
    "PREFIX_MATCH",
]

RepositoryFilter = TypedDict(
    "RepositoryFilter",
    {
        "filter": str,
        "filterType": RepositoryFilterType,
    },
)

DeleteReplication = TypedDict(
    "DeleteReplication",
    {
        "enabled": bool,
    },
)

ReplicationRule = TypedDict(
    "ReplicationRule",
    {
        "destinations": list[ReplicationDestination],
        "repositoryFilters": NotRequired[list[RepositoryFilter]],
        "deleteReplication": NotRequired[DeleteReplication],
    },
)

ReplicationConfiguration = TypedDict(
    "ReplicationConfiguration",
    {
        "rules": list[ReplicationRule],
    },
)

DescribeRegistryResponse = TypedDict(
    "DescribeRegistryResponse",
    {
        "registryId": NotRequired[str],
        "replicationConfiguration": NotRequired[ReplicationConfiguration],
    },
)

ReplicationBackfillResultStatus = Literal[
    "COMPLETE",
    "FAILED",
]

DescribeReplicationBackfillResultsRequest = TypedDict(
    "DescribeReplicationBackfillResultsRequest",
    {
        "registryId": NotRequired[str],
        "replicationBackfillId": str,
        "resultStatusFilter": NotRequired[ReplicationBackfillResultStatus],
        "maxResults": NotRequired[int],
        "nextToken": NotRequired[str],
    },
)

ReplicationBackfillStatus = Literal[
    "PREPARING",
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
    "STOPPING",
    "STOPPED",
]

ReplicationBackfillProgress = TypedDict(
    "ReplicationBackfillProgress",
    {
        "totalReplicationCount": int,
        "completedReplicationCount": int,
        "failedReplicationCount": int,
        "failureCodes": list[str],
    },
)

ReplicationBackfillResult = TypedDict(
    "ReplicationBackfillResult",
    {
        "repositoryName": str,
        "imageId": ImageIdentifier,
        "status": ReplicationBackfillResultStatus,
        "failureCode": NotRequired[str],
        "subImageFailureCodes": NotRequired[list[str]],
    },
)

DescribeReplicationBackfillResultsResponse = TypedDict(
    "DescribeReplicationBackfillResultsResponse",
    {
        "registryId": NotRequired[str],
        "replicationBackfillId": NotRequired[str],
        "destination": NotRequired[ReplicationDestination],
        "status": NotRequired[ReplicationBackfillStatus],
        "failureCode": NotRequired[str],
        "progress": NotRequired[ReplicationBackfillProgress],
        "results": NotRequired[list[ReplicationBackfillResult]],
        "startedAt": NotRequired[float],
        "endedAt": NotRequired[float],
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

DescribeRepositoryCreationTemplatesRequest = TypedDict(
    "DescribeRepositoryCreationTemplatesRequest",
    {
        "prefixes": NotRequired[list[str]],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

DescribeRepositoryCreationTemplatesResponse = TypedDict(
    "DescribeRepositoryCreationTemplatesResponse",
    {
        "registryId": NotRequired[str],
        "repositoryCreationTemplates": NotRequired[list[RepositoryCreationTemplate]],
        "nextToken": NotRequired[str],
    },
)

GetAccountSettingRequest = TypedDict(
    "GetAccountSettingRequest",
    {
        "name": str,
    },
)

GetAccountSettingResponse = TypedDict(
    "GetAccountSettingResponse",
    {
        "name": NotRequired[str],
        "value": NotRequired[str],
    },
)

GetAuthorizationTokenRequest = TypedDict(
    "GetAuthorizationTokenRequest",
    {
        "registryIds": NotRequired[list[str]],
    },
)

AuthorizationData = TypedDict(
    "AuthorizationData",
    {
        "authorizationToken": NotRequired[str],
        "expiresAt": NotRequired[float],
        "proxyEndpoint": NotRequired[str],
    },
)

GetAuthorizationTokenResponse = TypedDict(
    "GetAuthorizationTokenResponse",
    {
        "authorizationData": NotRequired[list[AuthorizationData]],
    },
)

GetDownloadUrlForLayerRequest = TypedDict(
    "GetDownloadUrlForLayerRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "layerDigest": str,
    },
)

GetDownloadUrlForLayerResponse = TypedDict(
    "GetDownloadUrlForLayerResponse",
    {
        "downloadUrl": NotRequired[str],
        "layerDigest": NotRequired[str],
    },
)

GetLifecyclePolicyRequest = TypedDict(
    "GetLifecyclePolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
    },
)

GetLifecyclePolicyResponse = TypedDict(
    "GetLifecyclePolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "lifecyclePolicyText": NotRequired[str],
        "lastEvaluatedAt": NotRequired[float],
    },
)

LifecyclePolicyPreviewFilter = TypedDict(
    "LifecyclePolicyPreviewFilter",
    {
        "tagStatus": NotRequired[TagStatus],
    },
)

GetLifecyclePolicyPreviewRequest = TypedDict(
    "GetLifecyclePolicyPreviewRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageIds": NotRequired[list[ImageIdentifier]],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
        "filter": NotRequired[LifecyclePolicyPreviewFilter],
    },
)

LifecyclePolicyPreviewStatus = Literal[
    "IN_PROGRESS",
    "COMPLETE",
    "EXPIRED",
    "FAILED",
]

ImageActionType = Literal[
    "EXPIRE",
    "TRANSITION",
]

LifecyclePolicyTargetStorageClass = Literal[
    "ARCHIVE",
]

LifecyclePolicyRuleAction = TypedDict(
    "LifecyclePolicyRuleAction",
    {
        "type": NotRequired[ImageActionType],
        "targetStorageClass": NotRequired[LifecyclePolicyTargetStorageClass],
    },
)

LifecyclePolicyStorageClass = Literal[
    "ARCHIVE",
    "STANDARD",
]

LifecyclePolicyPreviewResult = TypedDict(
    "LifecyclePolicyPreviewResult",
    {
        "imageTags": NotRequired[list[str]],
        "imageDigest": NotRequired[str],
        "imagePushedAt": NotRequired[float],
        "action": NotRequired[LifecyclePolicyRuleAction],
        "appliedRulePriority": NotRequired[int],
        "storageClass": NotRequired[LifecyclePolicyStorageClass],
    },
)

TransitioningImageTotalCount = TypedDict(
    "TransitioningImageTotalCount",
    {
        "targetStorageClass": NotRequired[LifecyclePolicyTargetStorageClass],
        "imageTotalCount": NotRequired[int],
    },
)

LifecyclePolicyPreviewSummary = TypedDict(
    "LifecyclePolicyPreviewSummary",
    {
        "expiringImageTotalCount": NotRequired[int],
        "transitioningImageTotalCounts": NotRequired[list[TransitioningImageTotalCount]],
    },
)

GetLifecyclePolicyPreviewResponse = TypedDict(
    "GetLifecyclePolicyPreviewResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "lifecyclePolicyText": NotRequired[str],
        "status": NotRequired[LifecyclePolicyPreviewStatus],
        "nextToken": NotRequired[str],
        "previewResults": NotRequired[list[LifecyclePolicyPreviewResult]],
        "summary": NotRequired[LifecyclePolicyPreviewSummary],
    },
)

GetRegistryPolicyRequest = TypedDict(
    "GetRegistryPolicyRequest",
    {},
)

GetRegistryPolicyResponse = TypedDict(
    "GetRegistryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "policyText": NotRequired[str],
    },
)

GetRegistryScanningConfigurationRequest = TypedDict(
    "GetRegistryScanningConfigurationRequest",
    {},
)

ScanType = Literal[
    "BASIC",
    "ENHANCED",
]

RegistryScanningRule = TypedDict(
    "RegistryScanningRule",
    {
        "scanFrequency": ScanFrequency,
        "repositoryFilters": list[ScanningRepositoryFilter],
    },
)

RegistryScanningConfiguration = TypedDict(
    "RegistryScanningConfiguration",
    {
        "scanType": NotRequired[ScanType],
        "rules": NotRequired[list[RegistryScanningRule]],
    },
)

GetRegistryScanningConfigurationResponse = TypedDict(
    "GetRegistryScanningConfigurationResponse",
    {
        "registryId": NotRequired[str],
        "scanningConfiguration": NotRequired[RegistryScanningConfiguration],
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

GetSigningConfigurationRequest = TypedDict(
    "GetSigningConfigurationRequest",
    {},
)

GetSigningConfigurationResponse = TypedDict(
    "GetSigningConfigurationResponse",
    {
        "registryId": NotRequired[str],
        "signingConfiguration": NotRequired[SigningConfiguration],
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

SubjectIdentifier = TypedDict(
    "SubjectIdentifier",
    {
        "imageDigest": str,
    },
)

ArtifactStatusFilter = Literal[
    "ACTIVE",
    "ARCHIVED",
    "ACTIVATING",
    "ANY",
]

ListImageReferrersFilter = TypedDict(
    "ListImageReferrersFilter",
    {
        "artifactTypes": NotRequired[list[str]],
        "artifactStatus": NotRequired[ArtifactStatusFilter],
    },
)

ListImageReferrersRequest = TypedDict(
    "ListImageReferrersRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "subjectId": SubjectIdentifier,
        "filter": NotRequired[ListImageReferrersFilter],
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
    },
)

ArtifactStatus = Literal[
    "ACTIVE",
    "ARCHIVED",
    "ACTIVATING",
]

ImageReferrer = TypedDict(
    "ImageReferrer",
    {
        "digest": str,
        "mediaType": str,
        "artifactType": NotRequired[str],
        "size": int,
        "annotations": NotRequired[dict[str, str]],
        "artifactStatus": NotRequired[ArtifactStatus],
    },
)

ListImageReferrersResponse = TypedDict(
    "ListImageReferrersResponse",
    {
        "referrers": NotRequired[list[ImageReferrer]],
        "nextToken": NotRequired[str],
    },
)

ListImagesFilter = TypedDict(
    "ListImagesFilter",
    {
        "tagStatus": NotRequired[TagStatus],
        "imageStatus": NotRequired[ImageStatusFilter],
    },
)

ListImagesRequest = TypedDict(
    "ListImagesRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "nextToken": NotRequired[str],
        "maxResults": NotRequired[int],
        "filter": NotRequired[ListImagesFilter],
    },
)

ListImagesResponse = TypedDict(
    "ListImagesResponse",
    {
        "imageIds": NotRequired[list[ImageIdentifier]],
        "nextToken": NotRequired[str],
    },
)

ListPullTimeUpdateExclusionsRequest = TypedDict(
    "ListPullTimeUpdateExclusionsRequest",
    {
        "maxResults": NotRequired[int],
        "nextToken": NotRequired[str],
    },
)

ListPullTimeUpdateExclusionsResponse = TypedDict(
    "ListPullTimeUpdateExclusionsResponse",
    {
        "pullTimeUpdateExclusions": NotRequired[list[str]],
        "nextToken": NotRequired[str],
    },
)

ListReplicationBackfillsRequest = TypedDict(
    "ListReplicationBackfillsRequest",
    {
        "registryId": NotRequired[str],
        "maxResults": NotRequired[int],
        "nextToken": NotRequired[str],
    },
)

ReplicationBackfillSummary = TypedDict(
    "ReplicationBackfillSummary",
    {
        "replicationBackfillId": str,
        "destination": ReplicationDestination,
        "status": ReplicationBackfillStatus,
        "failureCode": NotRequired[str],
        "progress": NotRequired[ReplicationBackfillProgress],
        "startedAt": float,
        "endedAt": NotRequired[float],
    },
)

ListReplicationBackfillsResponse = TypedDict(
    "ListReplicationBackfillsResponse",
    {
        "registryId": NotRequired[str],
        "backfills": NotRequired[list[ReplicationBackfillSummary]],
        "nextToken": NotRequired[str],
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

PutAccountSettingRequest = TypedDict(
    "PutAccountSettingRequest",
    {
        "name": str,
        "value": str,
    },
)

PutAccountSettingResponse = TypedDict(
    "PutAccountSettingResponse",
    {
        "name": NotRequired[str],
        "value": NotRequired[str],
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

PutImageResponse = TypedDict(
    "PutImageResponse",
    {
        "image": NotRequired[Image],
    },
)

PutImageScanningConfigurationRequest = TypedDict(
    "PutImageScanningConfigurationRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageScanningConfiguration": ImageScanningConfiguration,
    },
)

PutImageScanningConfigurationResponse = TypedDict(
    "PutImageScanningConfigurationResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageScanningConfiguration": NotRequired[ImageScanningConfiguration],
    },
)

PutImageTagMutabilityRequest = TypedDict(
    "PutImageTagMutabilityRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageTagMutability": ImageTagMutability,
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
    },
)

PutImageTagMutabilityResponse = TypedDict(
    "PutImageTagMutabilityResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
    },
)

PutLifecyclePolicyRequest = TypedDict(
    "PutLifecyclePolicyRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "lifecyclePolicyText": str,
    },
)

PutLifecyclePolicyResponse = TypedDict(
    "PutLifecyclePolicyResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "lifecyclePolicyText": NotRequired[str],
    },
)

PutRegistryPolicyRequest = TypedDict(
    "PutRegistryPolicyRequest",
    {
        "policyText": str,
    },
)

PutRegistryPolicyResponse = TypedDict(
    "PutRegistryPolicyResponse",
    {
        "registryId": NotRequired[str],
        "policyText": NotRequired[str],
    },
)

PutRegistryScanningConfigurationRequest = TypedDict(
    "PutRegistryScanningConfigurationRequest",
    {
        "scanType": NotRequired[ScanType],
        "rules": NotRequired[list[RegistryScanningRule]],
    },
)

PutRegistryScanningConfigurationResponse = TypedDict(
    "PutRegistryScanningConfigurationResponse",
    {
        "registryScanningConfiguration": NotRequired[RegistryScanningConfiguration],
    },
)

PutReplicationConfigurationRequest = TypedDict(
    "PutReplicationConfigurationRequest",
    {
        "replicationConfiguration": ReplicationConfiguration,
    },
)

PutReplicationConfigurationResponse = TypedDict(
    "PutReplicationConfigurationResponse",
    {
        "replicationConfiguration": NotRequired[ReplicationConfiguration],
    },
)

PutSigningConfigurationRequest = TypedDict(
    "PutSigningConfigurationRequest",
    {
        "signingConfiguration": SigningConfiguration,
    },
)

PutSigningConfigurationResponse = TypedDict(
    "PutSigningConfigurationResponse",
    {
        "signingConfiguration": NotRequired[SigningConfiguration],
    },
)

RegisterPullTimeUpdateExclusionRequest = TypedDict(
    "RegisterPullTimeUpdateExclusionRequest",
    {
        "principalArn": str,
    },
)

RegisterPullTimeUpdateExclusionResponse = TypedDict(
    "RegisterPullTimeUpdateExclusionResponse",
    {
        "principalArn": NotRequired[str],
        "createdAt": NotRequired[float],
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

StartImageScanRequest = TypedDict(
    "StartImageScanRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageId": ImageIdentifier,
    },
)

StartImageScanResponse = TypedDict(
    "StartImageScanResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "imageScanStatus": NotRequired[ImageScanStatus],
    },
)

StartLifecyclePolicyPreviewRequest = TypedDict(
    "StartLifecyclePolicyPreviewRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "lifecyclePolicyText": NotRequired[str],
    },
)

StartLifecyclePolicyPreviewResponse = TypedDict(
    "StartLifecyclePolicyPreviewResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "lifecyclePolicyText": NotRequired[str],
        "status": NotRequired[LifecyclePolicyPreviewStatus],
    },
)

StartReplicationBackfillRequest = TypedDict(
    "StartReplicationBackfillRequest",
    {
        "registryId": NotRequired[str],
        "destination": ReplicationDestination,
    },
)

StartReplicationBackfillResponse = TypedDict(
    "StartReplicationBackfillResponse",
    {
        "replicationBackfillId": NotRequired[str],
        "registryId": NotRequired[str],
        "destination": NotRequired[ReplicationDestination],
        "status": NotRequired[ReplicationBackfillStatus],
        "startedAt": NotRequired[float],
    },
)

StopReplicationBackfillRequest = TypedDict(
    "StopReplicationBackfillRequest",
    {
        "registryId": NotRequired[str],
        "replicationBackfillId": str,
    },
)

StopReplicationBackfillResponse = TypedDict(
    "StopReplicationBackfillResponse",
    {
        "registryId": NotRequired[str],
        "replicationBackfillId": NotRequired[str],
        "destination": NotRequired[ReplicationDestination],
        "status": NotRequired[ReplicationBackfillStatus],
        "startedAt": NotRequired[float],
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

TargetStorageClass = Literal[
    "STANDARD",
    "ARCHIVE",
]

UpdateImageStorageClassRequest = TypedDict(
    "UpdateImageStorageClassRequest",
    {
        "registryId": NotRequired[str],
        "repositoryName": str,
        "imageId": ImageIdentifier,
        "targetStorageClass": TargetStorageClass,
    },
)

UpdateImageStorageClassResponse = TypedDict(
    "UpdateImageStorageClassResponse",
    {
        "registryId": NotRequired[str],
        "repositoryName": NotRequired[str],
        "imageId": NotRequired[ImageIdentifier],
        "imageStatus": NotRequired[ImageStatus],
    },
)

UpdatePullThroughCacheRuleRequest = TypedDict(
    "UpdatePullThroughCacheRuleRequest",
    {
        "registryId": NotRequired[str],
        "ecrRepositoryPrefix": str,
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
    },
)

UpdatePullThroughCacheRuleResponse = TypedDict(
    "UpdatePullThroughCacheRuleResponse",
    {
        "ecrRepositoryPrefix": NotRequired[str],
        "registryId": NotRequired[str],
        "updatedAt": NotRequired[float],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
    },
)

UpdateRepositoryCreationTemplateRequest = TypedDict(
    "UpdateRepositoryCreationTemplateRequest",
    {
        "prefix": str,
        "description": NotRequired[str],
        "encryptionConfiguration": NotRequired[EncryptionConfigurationForRepositoryCreationTemplate],
        "resourceTags": NotRequired[list[Tag]],
        "imageTagMutability": NotRequired[ImageTagMutability],
        "imageTagMutabilityExclusionFilters": NotRequired[list[ImageTagMutabilityExclusionFilter]],
        "repositoryPolicy": NotRequired[str],
        "lifecyclePolicy": NotRequired[str],
        "appliedFor": NotRequired[list[RCTAppliedFor]],
        "customRoleArn": NotRequired[str],
    },
)

UpdateRepositoryCreationTemplateResponse = TypedDict(
    "UpdateRepositoryCreationTemplateResponse",
    {
        "registryId": NotRequired[str],
        "repositoryCreationTemplate": NotRequired[RepositoryCreationTemplate],
    },
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

ValidatePullThroughCacheRuleRequest = TypedDict(
    "ValidatePullThroughCacheRuleRequest",
    {
        "ecrRepositoryPrefix": str,
        "registryId": NotRequired[str],
    },
)

ValidatePullThroughCacheRuleResponse = TypedDict(
    "ValidatePullThroughCacheRuleResponse",
    {
        "ecrRepositoryPrefix": NotRequired[str],
        "registryId": NotRequired[str],
        "upstreamRegistryUrl": NotRequired[str],
        "credentialArn": NotRequired[str],
        "customRoleArn": NotRequired[str],
        "upstreamRepositoryPrefix": NotRequired[str],
        "isValid": NotRequired[bool],
        "failure": NotRequired[str],
    },
)
