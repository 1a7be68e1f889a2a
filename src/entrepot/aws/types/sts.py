"""Types of the sts API, version 2011-06-15. Timestamps are seconds since 1970, blobs are bytes.

Written by tools/generate_aws_types.py from the vendored model. Do not edit.
"""

from typing import Literal, NotRequired, TypedDict

PolicyDescriptorType = TypedDict(
    "PolicyDescriptorType",
    {
        "arn": NotRequired[str],
    },
)

Tag = TypedDict(
    "Tag",
    {
        "Key": str,
        "Value": str,
    },
)

ProvidedContext = TypedDict(
    "ProvidedContext",
    {
        "ProviderArn": NotRequired[str],
        "ContextAssertion": NotRequired[str],
    },
)

AssumeRoleRequest = TypedDict(
    "AssumeRoleRequest",
    {
        "RoleArn": str,
        "RoleSessionName": str,
        "PolicyArns": NotRequired[list[PolicyDescriptorType]],
        "Policy": NotRequired[str],
        "DurationSeconds": NotRequired[int],
        "Tags": NotRequired[list[Tag]],
        "TransitiveTagKeys": NotRequired[list[str]],
        "ExternalId": NotRequired[str],
        "SerialNumber": NotRequired[str],
        "TokenCode": NotRequired[str],
        "SourceIdentity": NotRequired[str],
        "ProvidedContexts": NotRequired[list[ProvidedContext]],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

Credentials = TypedDict(
    "Credentials",
    {
        "AccessKeyId": str,
        "SecretAccessKey": str,
        "SessionToken": str,
        "Expiration": float,
    },
)

AssumedRoleUser = TypedDict(
    "AssumedRoleUser",
    {
        "AssumedRoleId": str,
        "Arn": str,
    },
)

AssumeRoleResponse = TypedDict(
    "AssumeRoleResponse",
    {
        "Credentials": NotRequired[Credentials],
        "AssumedRoleUser": NotRequired[AssumedRoleUser],
        "PackedPolicySize": NotRequired[int],
        "SourceIdentity": NotRequired[str],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

AssumeRoleWithSAMLRequest = TypedDict(
    "AssumeRoleWithSAMLRequest",
    {
        "RoleArn": str,
        "PrincipalArn": str,
        "SAMLAssertion": str,
        "PolicyArns": NotRequired[list[PolicyDescriptorType]],
        "Policy": NotRequired[str],
        "DurationSeconds": NotRequired[int],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

AssumeRoleWithSAMLResponse = TypedDict(
    "AssumeRoleWithSAMLResponse",
    {
        "Credentials": NotRequired[Credentials],
        "AssumedRoleUser": NotRequired[AssumedRoleUser],
        "PackedPolicySize": NotRequired[int],
        "Subject": NotRequired[str],
        "SubjectType": NotRequired[str],
        "Issuer": NotRequired[str],
        "Audience": NotRequired[str],
        "NameQualifier": NotRequired[str],
        "SourceIdentity": NotRequired[str],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

AssumeRoleWithWebIdentityRequest = TypedDict(
    "AssumeRoleWithWebIdentityRequest",
    {
        "RoleArn": str,
        "RoleSessionName": str,
        "WebIdentityToken": str,
        "ProviderId": NotRequired[str],
        "PolicyArns": NotRequired[list[PolicyDescriptorType]],
        "Policy": NotRequired[str],
        "DurationSeconds": NotRequired[int],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

AssumeRoleWithWebIdentityResponse = TypedDict(
    "AssumeRoleWithWebIdentityResponse",
    {
        "Credentials": NotRequired[Credentials],
        "SubjectFromWebIdentityToken": NotRequired[str],
        "AssumedRoleUser": NotRequired[AssumedRoleUser],
        "PackedPolicySize": NotRequired[int],
        "Provider": NotRequired[str],
        "Audience": NotRequired[str],
        "SourceIdentity": NotRequired[str],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

AssumeRootRequest = TypedDict(
    "AssumeRootRequest",
    {
        "TargetPrincipal": str,
        "TaskPolicyArn": PolicyDescriptorType,
        "DurationSeconds": NotRequired[int],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

AssumeRootResponse = TypedDict(
    "AssumeRootResponse",
    {
        "Credentials": NotRequired[Credentials],
        "SourceIdentity": NotRequired[str],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

DecodeAuthorizationMessageRequest = TypedDict(
    "DecodeAuthorizationMessageRequest",
    {
        "EncodedMessage": str,
    },
)

DecodeAuthorizationMessageResponse = TypedDict(
    "DecodeAuthorizationMessageResponse",
    {
        "DecodedMessage": NotRequired[str],
    },
)

GetAccessKeyInfoRequest = TypedDict(
    "GetAccessKeyInfoRequest",
    {
        "AccessKeyId": str,
    },
)

GetAccessKeyInfoResponse = TypedDict(
    "GetAccessKeyInfoResponse",
    {
        "Account": NotRequired[str],
    },
)

GetCallerIdentityRequest = TypedDict(
    "GetCallerIdentityRequest",
    {},
)

GetCallerIdentityResponse = TypedDict(
    "GetCallerIdentityResponse",
    {
        "UserId": NotRequired[str],
        "Account": NotRequired[str],
        "Arn": NotRequired[str],
    },
)

GetDelegatedAccessTokenRequest = TypedDict(
    "GetDelegatedAccessTokenRequest",
    {
        "TradeInToken": str,
    },
)

GetDelegatedAccessTokenResponse = TypedDict(
    "GetDelegatedAccessTokenResponse",
    {
        "Credentials": NotRequired[Credentials],
        "PackedPolicySize": NotRequired[int],
        "AssumedPrincipal": NotRequired[str],
    },
)

GetFederationTokenRequest = TypedDict(
    "GetFederationTokenRequest",
    {
        "Name": str,
        "Policy": NotRequired[str],
        "PolicyArns": NotRequired[list[PolicyDescriptorType]],
        "DurationSeconds": NotRequired[int],
        "Tags": NotRequired[list[Tag]],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

FederatedUser = TypedDict(
    "FederatedUser",
    {
        "FederatedUserId": str,
        "Arn": str,
    },
)

GetFederationTokenResponse = TypedDict(
    "GetFederationTokenResponse",
    {
        "Credentials": NotRequired[Credentials],
        "FederatedUser": NotRequired[FederatedUser],
        "PackedPolicySize": NotRequired[int],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

GetSessionTokenRequest = TypedDict(
    "GetSessionTokenRequest",
    {
        "DurationSeconds": NotRequired[int],
        "SerialNumber": NotRequired[str],
        "TokenCode": NotRequired[str],
        "MinimumSessionTokenSize": NotRequired[int],
    },
)

GetSessionTokenResponse = TypedDict(
    "GetSessionTokenResponse",
    {
        "Credentials": NotRequired[Credentials],
        "SessionTokenUtilization": NotRequired[int],
        "SessionTokenSize": NotRequired[int],
    },
)

GetWebIdentityTokenRequest = TypedDict(
    "GetWebIdentityTokenRequest",
    {
        "Audience": list[str],
        "DurationSeconds": NotRequired[int],
        "SigningAlgorithm": str,
        "Tags": NotRequired[list[Tag]],
    },
)

GetWebIdentityTokenResponse = TypedDict(
    "GetWebIdentityTokenResponse",
    {
        "WebIdentityToken": NotRequired[str],
        "Expiration": NotRequired[float],
    },
)
