"""Types of the iam API, version 2010-05-08. Timestamps are seconds since 1970, blobs are bytes.

Written by tools/generate_aws_types.py from the vendored model. Do not edit.
"""

from typing import Literal, NotRequired, TypedDict

AcceptDelegationRequestRequest = TypedDict(
    "AcceptDelegationRequestRequest",
    {
        "DelegationRequestId": str,
    },
)

ReplacementValueEntry = TypedDict(
    "ReplacementValueEntry",
    {
        "Values": list[str],
    },
)

AcquireRoleRequest = TypedDict(
    "AcquireRoleRequest",
    {
        "TemplateArn": str,
        "TemplateMinorVersion": NotRequired[int],
        "ReplacementValues": NotRequired[dict[str, ReplacementValueEntry]],
    },
)

PermissionsBoundaryAttachmentType = Literal[
    "PermissionsBoundaryPolicy",
]

AttachedPermissionsBoundary = TypedDict(
    "AttachedPermissionsBoundary",
    {
        "PermissionsBoundaryType": NotRequired[PermissionsBoundaryAttachmentType],
        "PermissionsBoundaryArn": NotRequired[str],
    },
)

Tag = TypedDict(
    "Tag",
    {
        "Key": str,
        "Value": str,
    },
)

RoleLastUsed = TypedDict(
    "RoleLastUsed",
    {
        "LastUsedDate": NotRequired[float],
        "Region": NotRequired[str],
    },
)

SourceRoleTemplate = TypedDict(
    "SourceRoleTemplate",
    {
        "TemplateArn": str,
        "TemplateMinorVersion": int,
    },
)

Role = TypedDict(
    "Role",
    {
        "Path": str,
        "RoleName": str,
        "RoleId": str,
        "Arn": str,
        "CreateDate": float,
        "AssumeRolePolicyDocument": NotRequired[str],
        "Description": NotRequired[str],
        "MaxSessionDuration": NotRequired[int],
        "PermissionsBoundary": NotRequired[AttachedPermissionsBoundary],
        "Tags": NotRequired[list[Tag]],
        "RoleLastUsed": NotRequired[RoleLastUsed],
        "SourceRoleTemplate": NotRequired[SourceRoleTemplate],
    },
)

AcquireRoleResponse = TypedDict(
    "AcquireRoleResponse",
    {
        "Role": Role,
    },
)

AddClientIDToOpenIDConnectProviderRequest = TypedDict(
    "AddClientIDToOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
        "ClientID": str,
    },
)

AddRoleToInstanceProfileRequest = TypedDict(
    "AddRoleToInstanceProfileRequest",
    {
        "InstanceProfileName": str,
        "RoleName": str,
    },
)

AddUserToGroupRequest = TypedDict(
    "AddUserToGroupRequest",
    {
        "GroupName": str,
        "UserName": str,
    },
)

AssociateDelegationRequestRequest = TypedDict(
    "AssociateDelegationRequestRequest",
    {
        "DelegationRequestId": str,
    },
)

AttachGroupPolicyRequest = TypedDict(
    "AttachGroupPolicyRequest",
    {
        "GroupName": str,
        "PolicyArn": str,
    },
)

AttachRolePolicyRequest = TypedDict(
    "AttachRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyArn": str,
    },
)

AttachUserPolicyRequest = TypedDict(
    "AttachUserPolicyRequest",
    {
        "UserName": str,
        "PolicyArn": str,
    },
)

ChangePasswordRequest = TypedDict(
    "ChangePasswordRequest",
    {
        "OldPassword": str,
        "NewPassword": str,
    },
)

CreateAccessKeyRequest = TypedDict(
    "CreateAccessKeyRequest",
    {
        "UserName": NotRequired[str],
    },
)

statusType = Literal[
    "Active",
    "Inactive",
    "Expired",
]

AccessKey = TypedDict(
    "AccessKey",
    {
        "UserName": str,
        "AccessKeyId": str,
        "Status": statusType,
        "SecretAccessKey": str,
        "CreateDate": NotRequired[float],
    },
)

CreateAccessKeyResponse = TypedDict(
    "CreateAccessKeyResponse",
    {
        "AccessKey": AccessKey,
    },
)

CreateAccountAliasRequest = TypedDict(
    "CreateAccountAliasRequest",
    {
        "AccountAlias": str,
    },
)

PolicyParameterTypeEnum = Literal[
    "string",
    "stringList",
]

PolicyParameter = TypedDict(
    "PolicyParameter",
    {
        "Name": NotRequired[str],
        "Values": NotRequired[list[str]],
        "Type": NotRequired[PolicyParameterTypeEnum],
    },
)

DelegationPermission = TypedDict(
    "DelegationPermission",
    {
        "PolicyTemplateArn": NotRequired[str],
        "Parameters": NotRequired[list[PolicyParameter]],
    },
)

CreateDelegationRequestRequest = TypedDict(
    "CreateDelegationRequestRequest",
    {
        "OwnerAccountId": NotRequired[str],
        "Description": str,
        "Permissions": DelegationPermission,
        "RequestMessage": NotRequired[str],
        "RequestorWorkflowId": str,
        "RedirectUrl": NotRequired[str],
        "NotificationChannel": str,
        "SessionDuration": int,
        "OnlySendByOwner": NotRequired[bool],
    },
)

CreateDelegationRequestResponse = TypedDict(
    "CreateDelegationRequestResponse",
    {
        "ConsoleDeepLink": NotRequired[str],
        "DelegationRequestId": NotRequired[str],
    },
)

CreateGroupRequest = TypedDict(
    "CreateGroupRequest",
    {
        "Path": NotRequired[str],
        "GroupName": str,
    },
)

Group = TypedDict(
    "Group",
    {
        "Path": str,
        "GroupName": str,
        "GroupId": str,
        "Arn": str,
        "CreateDate": float,
    },
)

CreateGroupResponse = TypedDict(
    "CreateGroupResponse",
    {
        "Group": Group,
    },
)

CreateInstanceProfileRequest = TypedDict(
    "CreateInstanceProfileRequest",
    {
        "InstanceProfileName": str,
        "Path": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

InstanceProfile = TypedDict(
    "InstanceProfile",
    {
        "Path": str,
        "InstanceProfileName": str,
        "InstanceProfileId": str,
        "Arn": str,
        "CreateDate": float,
        "Roles": list[Role],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateInstanceProfileResponse = TypedDict(
    "CreateInstanceProfileResponse",
    {
        "InstanceProfile": InstanceProfile,
    },
)

CreateLoginProfileRequest = TypedDict(
    "CreateLoginProfileRequest",
    {
        "UserName": NotRequired[str],
        "Password": NotRequired[str],
        "PasswordResetRequired": NotRequired[bool],
    },
)

LoginProfile = TypedDict(
    "LoginProfile",
    {
        "UserName": str,
        "CreateDate": float,
        "PasswordResetRequired": NotRequired[bool],
    },
)

CreateLoginProfileResponse = TypedDict(
    "CreateLoginProfileResponse",
    {
        "LoginProfile": LoginProfile,
    },
)

CreateOpenIDConnectProviderRequest = TypedDict(
    "CreateOpenIDConnectProviderRequest",
    {
        "Url": str,
        "ClientIDList": NotRequired[list[str]],
        "ThumbprintList": NotRequired[list[str]],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateOpenIDConnectProviderResponse = TypedDict(
    "CreateOpenIDConnectProviderResponse",
    {
        "OpenIDConnectProviderArn": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

CreatePolicyRequest = TypedDict(
    "CreatePolicyRequest",
    {
        "PolicyName": str,
        "Path": NotRequired[str],
        "PolicyDocument": str,
        "Description": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

Policy = TypedDict(
    "Policy",
    {
        "PolicyName": NotRequired[str],
        "PolicyId": NotRequired[str],
        "Arn": NotRequired[str],
        "Path": NotRequired[str],
        "DefaultVersionId": NotRequired[str],
        "AttachmentCount": NotRequired[int],
        "PermissionsBoundaryUsageCount": NotRequired[int],
        "IsAttachable": NotRequired[bool],
        "Description": NotRequired[str],
        "CreateDate": NotRequired[float],
        "UpdateDate": NotRequired[float],
        "Tags": NotRequired[list[Tag]],
    },
)

CreatePolicyResponse = TypedDict(
    "CreatePolicyResponse",
    {
        "Policy": NotRequired[Policy],
    },
)

CreatePolicyVersionRequest = TypedDict(
    "CreatePolicyVersionRequest",
    {
        "PolicyArn": str,
        "PolicyDocument": str,
        "SetAsDefault": NotRequired[bool],
    },
)

PolicyVersion = TypedDict(
    "PolicyVersion",
    {
        "Document": NotRequired[str],
        "VersionId": NotRequired[str],
        "IsDefaultVersion": NotRequired[bool],
        "CreateDate": NotRequired[float],
    },
)

CreatePolicyVersionResponse = TypedDict(
    "CreatePolicyVersionResponse",
    {
        "PolicyVersion": NotRequired[PolicyVersion],
    },
)

CreateRoleRequest = TypedDict(
    "CreateRoleRequest",
    {
        "Path": NotRequired[str],
        "RoleName": str,
        "AssumeRolePolicyDocument": str,
        "Description": NotRequired[str],
        "MaxSessionDuration": NotRequired[int],
        "PermissionsBoundary": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateRoleResponse = TypedDict(
    "CreateRoleResponse",
    {
        "Role": Role,
    },
)

assertionEncryptionModeType = Literal[
    "Required",
    "Allowed",
]

CreateSAMLProviderRequest = TypedDict(
    "CreateSAMLProviderRequest",
    {
        "SAMLMetadataDocument": str,
        "Name": str,
        "Tags": NotRequired[list[Tag]],
        "AssertionEncryptionMode": NotRequired[assertionEncryptionModeType],
        "AddPrivateKey": NotRequired[str],
    },
)

CreateSAMLProviderResponse = TypedDict(
    "CreateSAMLProviderResponse",
    {
        "SAMLProviderArn": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateServiceLinkedRoleRequest = TypedDict(
    "CreateServiceLinkedRoleRequest",
    {
        "AWSServiceName": str,
        "Description": NotRequired[str],
        "CustomSuffix": NotRequired[str],
    },
)

CreateServiceLinkedRoleResponse = TypedDict(
    "CreateServiceLinkedRoleResponse",
    {
        "Role": NotRequired[Role],
    },
)

CreateServiceSpecificCredentialRequest = TypedDict(
    "CreateServiceSpecificCredentialRequest",
    {
        "UserName": str,
        "ServiceName": str,
        "CredentialAgeDays": NotRequired[int],
    },
)

ServiceSpecificCredential = TypedDict(
    "ServiceSpecificCredential",
    {
        "CreateDate": float,
        "ExpirationDate": NotRequired[float],
        "ServiceName": str,
        "ServiceUserName": NotRequired[str],
        "ServicePassword": NotRequired[str],
        "ServiceCredentialAlias": NotRequired[str],
        "ServiceCredentialSecret": NotRequired[str],
        "ServiceSpecificCredentialId": str,
        "UserName": str,
        "Status": statusType,
    },
)

CreateServiceSpecificCredentialResponse = TypedDict(
    "CreateServiceSpecificCredentialResponse",
    {
        "ServiceSpecificCredential": NotRequired[ServiceSpecificCredential],
    },
)

CreateUserRequest = TypedDict(
    "CreateUserRequest",
    {
        "Path": NotRequired[str],
        "UserName": str,
        "PermissionsBoundary": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

User = TypedDict(
    "User",
    {
        "Path": str,
        "UserName": str,
        "UserId": str,
        "Arn": str,
        "CreateDate": float,
        "PasswordLastUsed": NotRequired[float],
        "PermissionsBoundary": NotRequired[AttachedPermissionsBoundary],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateUserResponse = TypedDict(
    "CreateUserResponse",
    {
        "User": NotRequired[User],
    },
)

CreateVirtualMFADeviceRequest = TypedDict(
    "CreateVirtualMFADeviceRequest",
    {
        "Path": NotRequired[str],
        "VirtualMFADeviceName": str,
        "Tags": NotRequired[list[Tag]],
    },
)

VirtualMFADevice = TypedDict(
    "VirtualMFADevice",
    {
        "SerialNumber": str,
        "Base32StringSeed": NotRequired[bytes],
        "QRCodePNG": NotRequired[bytes],
        "User": NotRequired[User],
        "EnableDate": NotRequired[float],
        "Tags": NotRequired[list[Tag]],
    },
)

CreateVirtualMFADeviceResponse = TypedDict(
    "CreateVirtualMFADeviceResponse",
    {
        "VirtualMFADevice": VirtualMFADevice,
    },
)

DeactivateMFADeviceRequest = TypedDict(
    "DeactivateMFADeviceRequest",
    {
        "UserName": NotRequired[str],
        "SerialNumber": str,
    },
)

DeleteAccessKeyRequest = TypedDict(
    "DeleteAccessKeyRequest",
    {
        "UserName": NotRequired[str],
        "AccessKeyId": str,
    },
)

DeleteAccountAliasRequest = TypedDict(
    "DeleteAccountAliasRequest",
    {
        "AccountAlias": str,
    },
)

DeleteGroupRequest = TypedDict(
    "DeleteGroupRequest",
    {
        "GroupName": str,
    },
)

DeleteGroupPolicyRequest = TypedDict(
    "DeleteGroupPolicyRequest",
    {
        "GroupName": str,
        "PolicyName": str,
    },
)

DeleteInstanceProfileRequest = TypedDict(
    "DeleteInstanceProfileRequest",
    {
        "InstanceProfileName": str,
    },
)

DeleteLoginProfileRequest = TypedDict(
    "DeleteLoginProfileRequest",
    {
        "UserName": NotRequired[str],
    },
)

DeleteOpenIDConnectProviderRequest = TypedDict(
    "DeleteOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
    },
)

DeletePolicyRequest = TypedDict(
    "DeletePolicyRequest",
    {
        "PolicyArn": str,
    },
)

DeletePolicyVersionRequest = TypedDict(
    "DeletePolicyVersionRequest",
    {
        "PolicyArn": str,
        "VersionId": str,
    },
)

DeleteRoleRequest = TypedDict(
    "DeleteRoleRequest",
    {
        "RoleName": str,
    },
)

DeleteRolePermissionsBoundaryRequest = TypedDict(
    "DeleteRolePermissionsBoundaryRequest",
    {
        "RoleName": str,
    },
)

DeleteRolePolicyRequest = TypedDict(
    "DeleteRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyName": str,
    },
)

DeleteSAMLProviderRequest = TypedDict(
    "DeleteSAMLProviderRequest",
    {
        "SAMLProviderArn": str,
    },
)

DeleteSSHPublicKeyRequest = TypedDict(
    "DeleteSSHPublicKeyRequest",
    {
        "UserName": str,
        "SSHPublicKeyId": str,
    },
)

DeleteServerCertificateRequest = TypedDict(
    "DeleteServerCertificateRequest",
    {
        "ServerCertificateName": str,
    },
)

DeleteServiceLinkedRoleRequest = TypedDict(
    "DeleteServiceLinkedRoleRequest",
    {
        "RoleName": str,
    },
)

DeleteServiceLinkedRoleResponse = TypedDict(
    "DeleteServiceLinkedRoleResponse",
    {
        "DeletionTaskId": str,
    },
)

DeleteServiceSpecificCredentialRequest = TypedDict(
    "DeleteServiceSpecificCredentialRequest",
    {
        "UserName": NotRequired[str],
        "ServiceSpecificCredentialId": str,
    },
)

DeleteSigningCertificateRequest = TypedDict(
    "DeleteSigningCertificateRequest",
    {
        "UserName": NotRequired[str],
        "CertificateId": str,
    },
)

DeleteUserRequest = TypedDict(
    "DeleteUserRequest",
    {
        "UserName": str,
    },
)

DeleteUserPermissionsBoundaryRequest = TypedDict(
    "DeleteUserPermissionsBoundaryRequest",
    {
        "UserName": str,
    },
)

DeleteUserPolicyRequest = TypedDict(
    "DeleteUserPolicyRequest",
    {
        "UserName": str,
        "PolicyName": str,
    },
)

DeleteVirtualMFADeviceRequest = TypedDict(
    "DeleteVirtualMFADeviceRequest",
    {
        "SerialNumber": str,
    },
)

DetachGroupPolicyRequest = TypedDict(
    "DetachGroupPolicyRequest",
    {
        "GroupName": str,
        "PolicyArn": str,
    },
)

DetachRolePolicyRequest = TypedDict(
    "DetachRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyArn": str,
    },
)

DetachUserPolicyRequest = TypedDict(
    "DetachUserPolicyRequest",
    {
        "UserName": str,
        "PolicyArn": str,
    },
)

DisableOrganizationsRootCredentialsManagementRequest = TypedDict(
    "DisableOrganizationsRootCredentialsManagementRequest",
    {},
)

FeatureType = Literal[
    "RootCredentialsManagement",
    "RootSessions",
]

DisableOrganizationsRootCredentialsManagementResponse = TypedDict(
    "DisableOrganizationsRootCredentialsManagementResponse",
    {
        "OrganizationId": NotRequired[str],
        "EnabledFeatures": NotRequired[list[FeatureType]],
    },
)

DisableOrganizationsRootSessionsRequest = TypedDict(
    "DisableOrganizationsRootSessionsRequest",
    {},
)

DisableOrganizationsRootSessionsResponse = TypedDict(
    "DisableOrganizationsRootSessionsResponse",
    {
        "OrganizationId": NotRequired[str],
        "EnabledFeatures": NotRequired[list[FeatureType]],
    },
)

EnableMFADeviceRequest = TypedDict(
    "EnableMFADeviceRequest",
    {
        "UserName": str,
        "SerialNumber": str,
        "AuthenticationCode1": str,
        "AuthenticationCode2": str,
    },
)

EnableOrganizationsRootCredentialsManagementRequest = TypedDict(
    "EnableOrganizationsRootCredentialsManagementRequest",
    {},
)

EnableOrganizationsRootCredentialsManagementResponse = TypedDict(
    "EnableOrganizationsRootCredentialsManagementResponse",
    {
        "OrganizationId": NotRequired[str],
        "EnabledFeatures": NotRequired[list[FeatureType]],
    },
)

EnableOrganizationsRootSessionsRequest = TypedDict(
    "EnableOrganizationsRootSessionsRequest",
    {},
)

EnableOrganizationsRootSessionsResponse = TypedDict(
    "EnableOrganizationsRootSessionsResponse",
    {
        "OrganizationId": NotRequired[str],
        "EnabledFeatures": NotRequired[list[FeatureType]],
    },
)

EnableOutboundWebIdentityFederationResponse = TypedDict(
    "EnableOutboundWebIdentityFederationResponse",
    {
        "IssuerIdentifier": NotRequired[str],
    },
)

ReportStateType = Literal[
    "STARTED",
    "INPROGRESS",
    "COMPLETE",
]

GenerateCredentialReportResponse = TypedDict(
    "GenerateCredentialReportResponse",
    {
        "State": NotRequired[ReportStateType],
        "Description": NotRequired[str],
    },
)

GenerateOrganizationsAccessReportRequest = TypedDict(
    "GenerateOrganizationsAccessReportRequest",
    {
        "EntityPath": str,
        "OrganizationsPolicyId": NotRequired[str],
    },
)

GenerateOrganizationsAccessReportResponse = TypedDict(
    "GenerateOrganizationsAccessReportResponse",
    {
        "JobId": NotRequired[str],
    },
)

AccessAdvisorUsageGranularityType = Literal[
    "SERVICE_LEVEL",
    "ACTION_LEVEL",
]

GenerateServiceLastAccessedDetailsRequest = TypedDict(
    "GenerateServiceLastAccessedDetailsRequest",
    {
        "Arn": str,
        "Granularity": NotRequired[AccessAdvisorUsageGranularityType],
    },
)

GenerateServiceLastAccessedDetailsResponse = TypedDict(
    "GenerateServiceLastAccessedDetailsResponse",
    {
        "JobId": NotRequired[str],
    },
)

GetAccessKeyLastUsedRequest = TypedDict(
    "GetAccessKeyLastUsedRequest",
    {
        "AccessKeyId": str,
    },
)

AccessKeyLastUsed = TypedDict(
    "AccessKeyLastUsed",
    {
        "LastUsedDate": NotRequired[float],
        "ServiceName": str,
        "Region": str,
    },
)

GetAccessKeyLastUsedResponse = TypedDict(
    "GetAccessKeyLastUsedResponse",
    {
        "UserName": NotRequired[str],
        "AccessKeyLastUsed": NotRequired[AccessKeyLastUsed],
    },
)

EntityType = Literal[
    "User",
    "Role",
    "Group",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
]

GetAccountAuthorizationDetailsRequest = TypedDict(
    "GetAccountAuthorizationDetailsRequest",
    {
        "Filter": NotRequired[list[EntityType]],
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
    },
)

PolicyDetail = TypedDict(
    "PolicyDetail",
    {
        "PolicyName": NotRequired[str],
        "PolicyDocument": NotRequired[str],
    },
)

AttachedPolicy = TypedDict(
    "AttachedPolicy",
    {
        "PolicyName": NotRequired[str],
        "PolicyArn": NotRequired[str],
    },
)

UserDetail = TypedDict(
    "UserDetail",
    {
        "Path": NotRequired[str],
        "UserName": NotRequired[str],
        "UserId": NotRequired[str],
        "Arn": NotRequired[str],
        "CreateDate": NotRequired[float],
        "UserPolicyList": NotRequired[list[PolicyDetail]],
        "GroupList": NotRequired[list[str]],
        "AttachedManagedPolicies": NotRequired[list[AttachedPolicy]],
        "PermissionsBoundary": NotRequired[AttachedPermissionsBoundary],
        "Tags": NotRequired[list[Tag]],
    },
)

GroupDetail = TypedDict(
    "GroupDetail",
    {
        "Path": NotRequired[str],
        "GroupName": NotRequired[str],
        "GroupId": NotRequired[str],
        "Arn": NotRequired[str],
        "CreateDate": NotRequired[float],
        "GroupPolicyList": NotRequired[list[PolicyDetail]],
        "AttachedManagedPolicies": NotRequired[list[AttachedPolicy]],
    },
)

RoleDetail = TypedDict(
    "RoleDetail",
    {
        "Path": NotRequired[str],
        "RoleName": NotRequired[str],
        "RoleId": NotRequired[str],
        "Arn": NotRequired[str],
        "CreateDate": NotRequired[float],
        "AssumeRolePolicyDocument": NotRequired[str],
        "InstanceProfileList": NotRequired[list[InstanceProfile]],
        "RolePolicyList": NotRequired[list[PolicyDetail]],
        "AttachedManagedPolicies": NotRequired[list[AttachedPolicy]],
        "PermissionsBoundary": NotRequired[AttachedPermissionsBoundary],
        "Tags": NotRequired[list[Tag]],
        "RoleLastUsed": NotRequired[RoleLastUsed],
    },
)

ManagedPolicyDetail = TypedDict(
    "ManagedPolicyDetail",
    {
        "PolicyName": NotRequired[str],
        "PolicyId": NotRequired[str],
        "Arn": NotRequired[str],
        "Path": NotRequired[str],
        "DefaultVersionId": NotRequired[str],
        "AttachmentCount": NotRequired[int],
        "PermissionsBoundaryUsageCount": NotRequired[int],
        "IsAttachable": NotRequired[bool],
        "Description": NotRequired[str],
        "CreateDate": NotRequired[float],
        "UpdateDate": NotRequired[float],
        "PolicyVersionList": NotRequired[list[PolicyVersion]],
    },
)

GetAccountAuthorizationDetailsResponse = TypedDict(
    "GetAccountAuthorizationDetailsResponse",
    {
        "UserDetailList": NotRequired[list[UserDetail]],
        "GroupDetailList": NotRequired[list[GroupDetail]],
        "RoleDetailList": NotRequired[list[RoleDetail]],
        "Policies": NotRequired[list[ManagedPolicyDetail]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

PasswordPolicy = TypedDict(
    "PasswordPolicy",
    {
        "MinimumPasswordLength": NotRequired[int],
        "RequireSymbols": NotRequired[bool],
        "RequireNumbers": NotRequired[bool],
        "RequireUppercaseCharacters": NotRequired[bool],
        "RequireLowercaseCharacters": NotRequired[bool],
        "AllowUsersToChangePassword": NotRequired[bool],
        "ExpirePasswords": NotRequired[bool],
        "MaxPasswordAge": NotRequired[int],
        "PasswordReusePrevention": NotRequired[int],
        "HardExpiry": NotRequired[bool],
    },
)

GetAccountPasswordPolicyResponse = TypedDict(
    "GetAccountPasswordPolicyResponse",
    {
        "PasswordPolicy": PasswordPolicy,
    },
)

GetAccountPropertiesRequest = TypedDict(
    "GetAccountPropertiesRequest",
    {},
)

GetAccountPropertiesResponse = TypedDict(
    "GetAccountPropertiesResponse",
    {
        "Properties": NotRequired[dict[str, str]],
    },
)

GetAccountSummaryResponse = TypedDict(
    "GetAccountSummaryResponse",
    {
        "SummaryMap": NotRequired[dict[str, int]],
    },
)

GetContextKeysForCustomPolicyRequest = TypedDict(
    "GetContextKeysForCustomPolicyRequest",
    {
        "PolicyInputList": list[str],
    },
)

GetContextKeysForPolicyResponse = TypedDict(
    "GetContextKeysForPolicyResponse",
    {
        "ContextKeyNames": NotRequired[list[str]],
    },
)

GetContextKeysForPrincipalPolicyRequest = TypedDict(
    "GetContextKeysForPrincipalPolicyRequest",
    {
        "PolicySourceArn": str,
        "PolicyInputList": NotRequired[list[str]],
    },
)

ReportFormatType = Literal[
    "text/csv",
]

GetCredentialReportResponse = TypedDict(
    "GetCredentialReportResponse",
    {
        "Content": NotRequired[bytes],
        "ReportFormat": NotRequired[ReportFormatType],
        "GeneratedTime": NotRequired[float],
    },
)

GetDelegationRequestRequest = TypedDict(
    "GetDelegationRequestRequest",
    {
        "DelegationRequestId": str,
        "DelegationPermissionCheck": NotRequired[bool],
    },
)

stateType = Literal[
    "UNASSIGNED",
    "ASSIGNED",
    "PENDING_APPROVAL",
    "FINALIZED",
    "ACCEPTED",
    "REJECTED",
    "EXPIRED",
]

DelegationRequest = TypedDict(
    "DelegationRequest",
    {
        "DelegationRequestId": NotRequired[str],
        "OwnerAccountId": NotRequired[str],
        "Description": NotRequired[str],
        "RequestMessage": NotRequired[str],
        "Permissions": NotRequired[DelegationPermission],
        "PermissionPolicy": NotRequired[str],
        "RolePermissionRestrictionArns": NotRequired[list[str]],
        "OwnerId": NotRequired[str],
        "ApproverId": NotRequired[str],
        "State": NotRequired[stateType],
        "ExpirationTime": NotRequired[float],
        "RequestorId": NotRequired[str],
        "RequestorName": NotRequired[str],
        "CreateDate": NotRequired[float],
        "SessionDuration": NotRequired[int],
        "RedirectUrl": NotRequired[str],
        "Notes": NotRequired[str],
        "RejectionReason": NotRequired[str],
        "OnlySendByOwner": NotRequired[bool],
        "UpdatedTime": NotRequired[float],
    },
)

permissionCheckStatusType = Literal[
    "COMPLETE",
    "IN_PROGRESS",
    "FAILED",
]

permissionCheckResultType = Literal[
    "ALLOWED",
    "DENIED",
    "UNSURE",
]

GetDelegationRequestResponse = TypedDict(
    "GetDelegationRequestResponse",
    {
        "DelegationRequest": NotRequired[DelegationRequest],
        "PermissionCheckStatus": NotRequired[permissionCheckStatusType],
        "PermissionCheckResult": NotRequired[permissionCheckResultType],
    },
)

GetGroupRequest = TypedDict(
    "GetGroupRequest",
    {
        "GroupName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

GetGroupResponse = TypedDict(
    "GetGroupResponse",
    {
        "Group": Group,
        "Users": list[User],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

GetGroupPolicyRequest = TypedDict(
    "GetGroupPolicyRequest",
    {
        "GroupName": str,
        "PolicyName": str,
    },
)

GetGroupPolicyResponse = TypedDict(
    "GetGroupPolicyResponse",
    {
        "GroupName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

GetHumanReadableSummaryRequest = TypedDict(
    "GetHumanReadableSummaryRequest",
    {
        "EntityArn": str,
        "Locale": NotRequired[str],
    },
)

summaryStateType = Literal[
    "AVAILABLE",
    "NOT_AVAILABLE",
    "NOT_SUPPORTED",
    "FAILED",
]

GetHumanReadableSummaryResponse = TypedDict(
    "GetHumanReadableSummaryResponse",
    {
        "SummaryContent": NotRequired[str],
        "Locale": NotRequired[str],
        "SummaryState": NotRequired[summaryStateType],
    },
)

GetInstanceProfileRequest = TypedDict(
    "GetInstanceProfileRequest",
    {
        "InstanceProfileName": str,
    },
)

GetInstanceProfileResponse = TypedDict(
    "GetInstanceProfileResponse",
    {
        "InstanceProfile": InstanceProfile,
    },
)

GetLoginProfileRequest = TypedDict(
    "GetLoginProfileRequest",
    {
        "UserName": NotRequired[str],
    },
)

GetLoginProfileResponse = TypedDict(
    "GetLoginProfileResponse",
    {
        "LoginProfile": LoginProfile,
    },
)

GetMFADeviceRequest = TypedDict(
    "GetMFADeviceRequest",
    {
        "SerialNumber": str,
        "UserName": NotRequired[str],
    },
)

GetMFADeviceResponse = TypedDict(
    "GetMFADeviceResponse",
    {
        "UserName": NotRequired[str],
        "SerialNumber": str,
        "EnableDate": NotRequired[float],
        "Certifications": NotRequired[dict[str, str]],
    },
)

GetOpenIDConnectProviderRequest = TypedDict(
    "GetOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
    },
)

GetOpenIDConnectProviderResponse = TypedDict(
    "GetOpenIDConnectProviderResponse",
    {
        "Url": NotRequired[str],
        "ClientIDList": NotRequired[list[str]],
        "ThumbprintList": NotRequired[list[str]],
        "CreateDate": NotRequired[float],
        "Tags": NotRequired[list[Tag]],
    },
)

sortKeyType = Literal[
    "SERVICE_NAMESPACE_ASCENDING",
    "SERVICE_NAMESPACE_DESCENDING",
    "LAST_AUTHENTICATED_TIME_ASCENDING",
    "LAST_AUTHENTICATED_TIME_DESCENDING",
]

GetOrganizationsAccessReportRequest = TypedDict(
    "GetOrganizationsAccessReportRequest",
    {
        "JobId": str,
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
        "SortKey": NotRequired[sortKeyType],
    },
)

jobStatusType = Literal[
    "IN_PROGRESS",
    "COMPLETED",
    "FAILED",
]

AccessDetail = TypedDict(
    "AccessDetail",
    {
        "ServiceName": str,
        "ServiceNamespace": str,
        "Region": NotRequired[str],
        "EntityPath": NotRequired[str],
        "LastAuthenticatedTime": NotRequired[float],
        "TotalAuthenticatedEntities": NotRequired[int],
    },
)

ErrorDetails = TypedDict(
    "ErrorDetails",
    {
        "Message": str,
        "Code": str,
    },
)

GetOrganizationsAccessReportResponse = TypedDict(
    "GetOrganizationsAccessReportResponse",
    {
        "JobStatus": jobStatusType,
        "JobCreationDate": float,
        "JobCompletionDate": NotRequired[float],
        "NumberOfServicesAccessible": NotRequired[int],
        "NumberOfServicesNotAccessed": NotRequired[int],
        "AccessDetails": NotRequired[list[AccessDetail]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
        "ErrorDetails": NotRequired[ErrorDetails],
    },
)

GetOutboundWebIdentityFederationInfoResponse = TypedDict(
    "GetOutboundWebIdentityFederationInfoResponse",
    {
        "IssuerIdentifier": NotRequired[str],
        "JwtVendingEnabled": NotRequired[bool],
    },
)

GetPolicyRequest = TypedDict(
    "GetPolicyRequest",
    {
        "PolicyArn": str,
    },
)

GetPolicyResponse = TypedDict(
    "GetPolicyResponse",
    {
        "Policy": NotRequired[Policy],
    },
)

GetPolicyVersionRequest = TypedDict(
    "GetPolicyVersionRequest",
    {
        "PolicyArn": str,
        "VersionId": str,
    },
)

GetPolicyVersionResponse = TypedDict(
    "GetPolicyVersionResponse",
    {
        "PolicyVersion": NotRequired[PolicyVersion],
    },
)

GetRoleRequest = TypedDict(
    "GetRoleRequest",
    {
        "RoleName": str,
    },
)

GetRoleResponse = TypedDict(
    "GetRoleResponse",
    {
        "Role": Role,
    },
)

GetRolePolicyRequest = TypedDict(
    "GetRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyName": str,
    },
)

GetRolePolicyResponse = TypedDict(
    "GetRolePolicyResponse",
    {
        "RoleName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

GetRoleTemplateVersionRequest = TypedDict(
    "GetRoleTemplateVersionRequest",
    {
        "TemplateArn": str,
        "MinorVersion": NotRequired[int],
    },
)

managedByTypeType = Literal[
    "Service",
]

InlinePolicy = TypedDict(
    "InlinePolicy",
    {
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

parameterTypeType = Literal[
    "String",
    "StringList",
    "Number",
    "NumberList",
    "Arn",
    "ArnList",
]

ParameterDefinition = TypedDict(
    "ParameterDefinition",
    {
        "Name": str,
        "Type": parameterTypeType,
        "SubType": NotRequired[str],
        "Description": NotRequired[str],
        "IsRequired": NotRequired[bool],
        "DefaultValue": NotRequired[str],
        "Immutable": NotRequired[bool],
    },
)

TagTemplate = TypedDict(
    "TagTemplate",
    {
        "Key": str,
        "Value": str,
    },
)

RoleTemplateVersion = TypedDict(
    "RoleTemplateVersion",
    {
        "TemplateArn": NotRequired[str],
        "TemplateName": NotRequired[str],
        "TemplateVersionId": NotRequired[str],
        "Description": NotRequired[str],
        "MajorVersion": NotRequired[int],
        "DefaultMinorVersion": NotRequired[int],
        "ManagedByType": NotRequired[managedByTypeType],
        "ManagedByValue": NotRequired[str],
        "Enabled": NotRequired[bool],
        "MinorVersion": NotRequired[int],
        "RoleNamePattern": NotRequired[str],
        "RolePathPattern": NotRequired[str],
        "RoleDescriptionPattern": NotRequired[str],
        "AssumeRolePolicyDocumentTemplate": NotRequired[str],
        "InlinePolicyTemplates": NotRequired[list[InlinePolicy]],
        "ManagedPolicyArns": NotRequired[list[str]],
        "PermissionBoundaryArn": NotRequired[str],
        "ParametersDefinition": NotRequired[list[ParameterDefinition]],
        "RoleTagsTemplate": NotRequired[list[TagTemplate]],
        "MaxSessionDuration": NotRequired[int],
        "VersionEnabled": NotRequired[bool],
        "CreateTimestamp": NotRequired[float],
        "UpdateTimestamp": NotRequired[float],
    },
)

GetRoleTemplateVersionResponse = TypedDict(
    "GetRoleTemplateVersionResponse",
    {
        "RoleTemplateVersion": RoleTemplateVersion,
    },
)

GetSAMLProviderRequest = TypedDict(
    "GetSAMLProviderRequest",
    {
        "SAMLProviderArn": str,
    },
)

SAMLPrivateKey = TypedDict(
    "SAMLPrivateKey",
    {
        "KeyId": NotRequired[str],
        "Timestamp": NotRequired[float],
    },
)

GetSAMLProviderResponse = TypedDict(
    "GetSAMLProviderResponse",
    {
        "SAMLProviderUUID": NotRequired[str],
        "SAMLMetadataDocument": NotRequired[str],
        "CreateDate": NotRequired[float],
        "ValidUntil": NotRequired[float],
        "Tags": NotRequired[list[Tag]],
        "AssertionEncryptionMode": NotRequired[assertionEncryptionModeType],
        "PrivateKeyList": NotRequired[list[SAMLPrivateKey]],
    },
)

encodingType = Literal[
    "SSH",
    "PEM",
]

GetSSHPublicKeyRequest = TypedDict(
    "GetSSHPublicKeyRequest",
    {
        "UserName": str,
        "SSHPublicKeyId": str,
        "Encoding": encodingType,
    },
)

SSHPublicKey = TypedDict(
    "SSHPublicKey",
    {
        "UserName": str,
        "SSHPublicKeyId": str,
        "Fingerprint": str,
        "SSHPublicKeyBody": str,
        "Status": statusType,
        "UploadDate": NotRequired[float],
    },
)

GetSSHPublicKeyResponse = TypedDict(
    "GetSSHPublicKeyResponse",
    {
        "SSHPublicKey": NotRequired[SSHPublicKey],
    },
)

GetServerCertificateRequest = TypedDict(
    "GetServerCertificateRequest",
    {
        "ServerCertificateName": str,
    },
)

ServerCertificateMetadata = TypedDict(
    "ServerCertificateMetadata",
    {
        "Path": str,
        "ServerCertificateName": str,
        "ServerCertificateId": str,
        "Arn": str,
        "UploadDate": NotRequired[float],
        "Expiration": NotRequired[float],
    },
)

ServerCertificate = TypedDict(
    "ServerCertificate",
    {
        "ServerCertificateMetadata": ServerCertificateMetadata,
        "CertificateBody": str,
        "CertificateChain": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

GetServerCertificateResponse = TypedDict(
    "GetServerCertificateResponse",
    {
        "ServerCertificate": ServerCertificate,
    },
)

GetServiceLastAccessedDetailsRequest = TypedDict(
    "GetServiceLastAccessedDetailsRequest",
    {
        "JobId": str,
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
    },
)

TrackedActionLastAccessed = TypedDict(
    "TrackedActionLastAccessed",
    {
        "ActionName": NotRequired[str],
        "LastAccessedEntity": NotRequired[str],
        "LastAccessedTime": NotRequired[float],
        "LastAccessedRegion": NotRequired[str],
    },
)

ServiceLastAccessed = TypedDict(
    "ServiceLastAccessed",
    {
        "ServiceName": str,
        "LastAuthenticated": NotRequired[float],
        "ServiceNamespace": str,
        "LastAuthenticatedEntity": NotRequired[str],
        "LastAuthenticatedRegion": NotRequired[str],
        "TotalAuthenticatedEntities": NotRequired[int],
        "TrackedActionsLastAccessed": NotRequired[list[TrackedActionLastAccessed]],
    },
)

GetServiceLastAccessedDetailsResponse = TypedDict(
    "GetServiceLastAccessedDetailsResponse",
    {
        "JobStatus": jobStatusType,
        "JobType": NotRequired[AccessAdvisorUsageGranularityType],
        "JobCreationDate": float,
        "ServicesLastAccessed": list[ServiceLastAccessed],
        "JobCompletionDate": float,
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
        "Error": NotRequired[ErrorDetails],
    },
)

GetServiceLastAccessedDetailsWithEntitiesRequest = TypedDict(
    "GetServiceLastAccessedDetailsWithEntitiesRequest",
    {
        "JobId": str,
        "ServiceNamespace": str,
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
    },
)

policyOwnerEntityType = Literal[
    "USER",
    "ROLE",
    "GROUP",
]

EntityInfo = TypedDict(
    "EntityInfo",
    {
        "Arn": str,
        "Name": str,
        "Type": policyOwnerEntityType,
        "Id": str,
        "Path": NotRequired[str],
    },
)

EntityDetails = TypedDict(
    "EntityDetails",
    {
        "EntityInfo": EntityInfo,
        "LastAuthenticated": NotRequired[float],
    },
)

GetServiceLastAccessedDetailsWithEntitiesResponse = TypedDict(
    "GetServiceLastAccessedDetailsWithEntitiesResponse",
    {
        "JobStatus": jobStatusType,
        "JobCreationDate": float,
        "JobCompletionDate": float,
        "EntityDetailsList": list[EntityDetails],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
        "Error": NotRequired[ErrorDetails],
    },
)

GetServiceLinkedRoleDeletionStatusRequest = TypedDict(
    "GetServiceLinkedRoleDeletionStatusRequest",
    {
        "DeletionTaskId": str,
    },
)

DeletionTaskStatusType = Literal[
    "SUCCEEDED",
    "IN_PROGRESS",
    "FAILED",
    "NOT_STARTED",
]

RoleUsageType = TypedDict(
    "RoleUsageType",
    {
        "Region": NotRequired[str],
        "Resources": NotRequired[list[str]],
    },
)

DeletionTaskFailureReasonType = TypedDict(
    "DeletionTaskFailureReasonType",
    {
        "Reason": NotRequired[str],
        "RoleUsageList": NotRequired[list[RoleUsageType]],
    },
)

GetServiceLinkedRoleDeletionStatusResponse = TypedDict(
    "GetServiceLinkedRoleDeletionStatusResponse",
    {
        "Status": DeletionTaskStatusType,
        "Reason": NotRequired[DeletionTaskFailureReasonType],
    },
)

GetUserRequest = TypedDict(
    "GetUserRequest",
    {
        "UserName": NotRequired[str],
    },
)

GetUserResponse = TypedDict(
    "GetUserResponse",
    {
        "User": User,
    },
)

GetUserPolicyRequest = TypedDict(
    "GetUserPolicyRequest",
    {
        "UserName": str,
        "PolicyName": str,
    },
)

GetUserPolicyResponse = TypedDict(
    "GetUserPolicyResponse",
    {
        "UserName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

ListAccessKeysRequest = TypedDict(
    "ListAccessKeysRequest",
    {
        "UserName": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

AccessKeyMetadata = TypedDict(
    "AccessKeyMetadata",
    {
        "UserName": NotRequired[str],
        "AccessKeyId": NotRequired[str],
        "Status": NotRequired[statusType],
        "CreateDate": NotRequired[float],
    },
)

ListAccessKeysResponse = TypedDict(
    "ListAccessKeysResponse",
    {
        "AccessKeyMetadata": list[AccessKeyMetadata],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListAccountAliasesRequest = TypedDict(
    "ListAccountAliasesRequest",
    {
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListAccountAliasesResponse = TypedDict(
    "ListAccountAliasesResponse",
    {
        "AccountAliases": list[str],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListAttachedGroupPoliciesRequest = TypedDict(
    "ListAttachedGroupPoliciesRequest",
    {
        "GroupName": str,
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListAttachedGroupPoliciesResponse = TypedDict(
    "ListAttachedGroupPoliciesResponse",
    {
        "AttachedPolicies": NotRequired[list[AttachedPolicy]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListAttachedRolePoliciesRequest = TypedDict(
    "ListAttachedRolePoliciesRequest",
    {
        "RoleName": str,
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListAttachedRolePoliciesResponse = TypedDict(
    "ListAttachedRolePoliciesResponse",
    {
        "AttachedPolicies": NotRequired[list[AttachedPolicy]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListAttachedUserPoliciesRequest = TypedDict(
    "ListAttachedUserPoliciesRequest",
    {
        "UserName": str,
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListAttachedUserPoliciesResponse = TypedDict(
    "ListAttachedUserPoliciesResponse",
    {
        "AttachedPolicies": NotRequired[list[AttachedPolicy]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListDelegationRequestsRequest = TypedDict(
    "ListDelegationRequestsRequest",
    {
        "OwnerId": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListDelegationRequestsResponse = TypedDict(
    "ListDelegationRequestsResponse",
    {
        "DelegationRequests": NotRequired[list[DelegationRequest]],
        "Marker": NotRequired[str],
        "isTruncated": NotRequired[bool],
    },
)

PolicyUsageType = Literal[
    "PermissionsPolicy",
    "PermissionsBoundary",
]

ListEntitiesForPolicyRequest = TypedDict(
    "ListEntitiesForPolicyRequest",
    {
        "PolicyArn": str,
        "EntityFilter": NotRequired[EntityType],
        "PathPrefix": NotRequired[str],
        "PolicyUsageFilter": NotRequired[PolicyUsageType],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

PolicyGroup = TypedDict(
    "PolicyGroup",
    {
        "GroupName": NotRequired[str],
        "GroupId": NotRequired[str],
    },
)

PolicyUser = TypedDict(
    "PolicyUser",
    {
        "UserName": NotRequired[str],
        "UserId": NotRequired[str],
    },
)

PolicyRole = TypedDict(
    "PolicyRole",
    {
        "RoleName": NotRequired[str],
        "RoleId": NotRequired[str],
    },
)

ListEntitiesForPolicyResponse = TypedDict(
    "ListEntitiesForPolicyResponse",
    {
        "PolicyGroups": NotRequired[list[PolicyGroup]],
        "PolicyUsers": NotRequired[list[PolicyUser]],
        "PolicyRoles": NotRequired[list[PolicyRole]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListGroupPoliciesRequest = TypedDict(
    "ListGroupPoliciesRequest",
    {
        "GroupName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListGroupPoliciesResponse = TypedDict(
    "ListGroupPoliciesResponse",
    {
        "PolicyNames": list[str],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListGroupsRequest = TypedDict(
    "ListGroupsRequest",
    {
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListGroupsResponse = TypedDict(
    "ListGroupsResponse",
    {
        "Groups": list[Group],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListGroupsForUserRequest = TypedDict(
    "ListGroupsForUserRequest",
    {
        "UserName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListGroupsForUserResponse = TypedDict(
    "ListGroupsForUserResponse",
    {
        "Groups": list[Group],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListInstanceProfileTagsRequest = TypedDict(
    "ListInstanceProfileTagsRequest",
    {
        "InstanceProfileName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListInstanceProfileTagsResponse = TypedDict(
    "ListInstanceProfileTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListInstanceProfilesRequest = TypedDict(
    "ListInstanceProfilesRequest",
    {
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListInstanceProfilesResponse = TypedDict(
    "ListInstanceProfilesResponse",
    {
        "InstanceProfiles": list[InstanceProfile],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListInstanceProfilesForRoleRequest = TypedDict(
    "ListInstanceProfilesForRoleRequest",
    {
        "RoleName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListInstanceProfilesForRoleResponse = TypedDict(
    "ListInstanceProfilesForRoleResponse",
    {
        "InstanceProfiles": list[InstanceProfile],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListMFADeviceTagsRequest = TypedDict(
    "ListMFADeviceTagsRequest",
    {
        "SerialNumber": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListMFADeviceTagsResponse = TypedDict(
    "ListMFADeviceTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListMFADevicesRequest = TypedDict(
    "ListMFADevicesRequest",
    {
        "UserName": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

MFADevice = TypedDict(
    "MFADevice",
    {
        "UserName": str,
        "SerialNumber": str,
        "EnableDate": float,
    },
)

ListMFADevicesResponse = TypedDict(
    "ListMFADevicesResponse",
    {
        "MFADevices": list[MFADevice],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListOpenIDConnectProviderTagsRequest = TypedDict(
    "ListOpenIDConnectProviderTagsRequest",
    {
        "OpenIDConnectProviderArn": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListOpenIDConnectProviderTagsResponse = TypedDict(
    "ListOpenIDConnectProviderTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListOpenIDConnectProvidersRequest = TypedDict(
    "ListOpenIDConnectProvidersRequest",
    {},
)

OpenIDConnectProviderListEntry = TypedDict(
    "OpenIDConnectProviderListEntry",
    {
        "Arn": NotRequired[str],
    },
)

ListOpenIDConnectProvidersResponse = TypedDict(
    "ListOpenIDConnectProvidersResponse",
    {
        "OpenIDConnectProviderList": NotRequired[list[OpenIDConnectProviderListEntry]],
    },
)

ListOrganizationsFeaturesRequest = TypedDict(
    "ListOrganizationsFeaturesRequest",
    {},
)

ListOrganizationsFeaturesResponse = TypedDict(
    "ListOrganizationsFeaturesResponse",
    {
        "OrganizationId": NotRequired[str],
        "EnabledFeatures": NotRequired[list[FeatureType]],
    },
)

policyScopeType = Literal[
    "All",
    "AWS",
    "Local",
]

ListPoliciesRequest = TypedDict(
    "ListPoliciesRequest",
    {
        "Scope": NotRequired[policyScopeType],
        "OnlyAttached": NotRequired[bool],
        "PathPrefix": NotRequired[str],
        "PolicyUsageFilter": NotRequired[PolicyUsageType],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListPoliciesResponse = TypedDict(
    "ListPoliciesResponse",
    {
        "Policies": NotRequired[list[Policy]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListPoliciesGrantingServiceAccessRequest = TypedDict(
    "ListPoliciesGrantingServiceAccessRequest",
    {
        "Marker": NotRequired[str],
        "Arn": str,
        "ServiceNamespaces": list[str],
    },
)

policyType = Literal[
    "INLINE",
    "MANAGED",
]

PolicyGrantingServiceAccess = TypedDict(
    "PolicyGrantingServiceAccess",
    {
        "PolicyName": str,
        "PolicyType": policyType,
        "PolicyArn": NotRequired[str],
        "EntityType": NotRequired[policyOwnerEntityType],
        "EntityName": NotRequired[str],
    },
)

ListPoliciesGrantingServiceAccessEntry = TypedDict(
    "ListPoliciesGrantingServiceAccessEntry",
    {
        "ServiceNamespace": NotRequired[str],
        "Policies": NotRequired[list[PolicyGrantingServiceAccess]],
    },
)

ListPoliciesGrantingServiceAccessResponse = TypedDict(
    "ListPoliciesGrantingServiceAccessResponse",
    {
        "PoliciesGrantingServiceAccess": list[ListPoliciesGrantingServiceAccessEntry],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListPolicyTagsRequest = TypedDict(
    "ListPolicyTagsRequest",
    {
        "PolicyArn": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListPolicyTagsResponse = TypedDict(
    "ListPolicyTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListPolicyVersionsRequest = TypedDict(
    "ListPolicyVersionsRequest",
    {
        "PolicyArn": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListPolicyVersionsResponse = TypedDict(
    "ListPolicyVersionsResponse",
    {
        "Versions": NotRequired[list[PolicyVersion]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListRolePoliciesRequest = TypedDict(
    "ListRolePoliciesRequest",
    {
        "RoleName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListRolePoliciesResponse = TypedDict(
    "ListRolePoliciesResponse",
    {
        "PolicyNames": list[str],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListRoleTagsRequest = TypedDict(
    "ListRoleTagsRequest",
    {
        "RoleName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListRoleTagsResponse = TypedDict(
    "ListRoleTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListRolesRequest = TypedDict(
    "ListRolesRequest",
    {
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListRolesResponse = TypedDict(
    "ListRolesResponse",
    {
        "Roles": list[Role],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListSAMLProviderTagsRequest = TypedDict(
    "ListSAMLProviderTagsRequest",
    {
        "SAMLProviderArn": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListSAMLProviderTagsResponse = TypedDict(
    "ListSAMLProviderTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListSAMLProvidersRequest = TypedDict(
    "ListSAMLProvidersRequest",
    {},
)

SAMLProviderListEntry = TypedDict(
    "SAMLProviderListEntry",
    {
        "Arn": NotRequired[str],
        "ValidUntil": NotRequired[float],
        "CreateDate": NotRequired[float],
    },
)

ListSAMLProvidersResponse = TypedDict(
    "ListSAMLProvidersResponse",
    {
        "SAMLProviderList": NotRequired[list[SAMLProviderListEntry]],
    },
)

ListSSHPublicKeysRequest = TypedDict(
    "ListSSHPublicKeysRequest",
    {
        "UserName": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

SSHPublicKeyMetadata = TypedDict(
    "SSHPublicKeyMetadata",
    {
        "UserName": str,
        "SSHPublicKeyId": str,
        "Status": statusType,
        "UploadDate": float,
    },
)

ListSSHPublicKeysResponse = TypedDict(
    "ListSSHPublicKeysResponse",
    {
        "SSHPublicKeys": NotRequired[list[SSHPublicKeyMetadata]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListServerCertificateTagsRequest = TypedDict(
    "ListServerCertificateTagsRequest",
    {
        "ServerCertificateName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListServerCertificateTagsResponse = TypedDict(
    "ListServerCertificateTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListServerCertificatesRequest = TypedDict(
    "ListServerCertificatesRequest",
    {
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListServerCertificatesResponse = TypedDict(
    "ListServerCertificatesResponse",
    {
        "ServerCertificateMetadataList": list[ServerCertificateMetadata],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListServiceSpecificCredentialsRequest = TypedDict(
    "ListServiceSpecificCredentialsRequest",
    {
        "UserName": NotRequired[str],
        "ServiceName": NotRequired[str],
        "AllUsers": NotRequired[bool],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ServiceSpecificCredentialMetadata = TypedDict(
    "ServiceSpecificCredentialMetadata",
    {
        "UserName": str,
        "Status": statusType,
        "ServiceUserName": NotRequired[str],
        "ServiceCredentialAlias": NotRequired[str],
        "CreateDate": float,
        "ExpirationDate": NotRequired[float],
        "ServiceSpecificCredentialId": str,
        "ServiceName": str,
    },
)

ListServiceSpecificCredentialsResponse = TypedDict(
    "ListServiceSpecificCredentialsResponse",
    {
        "ServiceSpecificCredentials": NotRequired[list[ServiceSpecificCredentialMetadata]],
        "Marker": NotRequired[str],
        "IsTruncated": NotRequired[bool],
    },
)

ListSigningCertificatesRequest = TypedDict(
    "ListSigningCertificatesRequest",
    {
        "UserName": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

SigningCertificate = TypedDict(
    "SigningCertificate",
    {
        "UserName": str,
        "CertificateId": str,
        "CertificateBody": str,
        "Status": statusType,
        "UploadDate": NotRequired[float],
    },
)

ListSigningCertificatesResponse = TypedDict(
    "ListSigningCertificatesResponse",
    {
        "Certificates": list[SigningCertificate],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListUserPoliciesRequest = TypedDict(
    "ListUserPoliciesRequest",
    {
        "UserName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListUserPoliciesResponse = TypedDict(
    "ListUserPoliciesResponse",
    {
        "PolicyNames": list[str],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListUserTagsRequest = TypedDict(
    "ListUserTagsRequest",
    {
        "UserName": str,
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListUserTagsResponse = TypedDict(
    "ListUserTagsResponse",
    {
        "Tags": list[Tag],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

ListUsersRequest = TypedDict(
    "ListUsersRequest",
    {
        "PathPrefix": NotRequired[str],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListUsersResponse = TypedDict(
    "ListUsersResponse",
    {
        "Users": list[User],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

assignmentStatusType = Literal[
    "Assigned",
    "Unassigned",
    "Any",
]

ListVirtualMFADevicesRequest = TypedDict(
    "ListVirtualMFADevicesRequest",
    {
        "AssignmentStatus": NotRequired[assignmentStatusType],
        "Marker": NotRequired[str],
        "MaxItems": NotRequired[int],
    },
)

ListVirtualMFADevicesResponse = TypedDict(
    "ListVirtualMFADevicesResponse",
    {
        "VirtualMFADevices": list[VirtualMFADevice],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

PutAccountPropertiesRequest = TypedDict(
    "PutAccountPropertiesRequest",
    {
        "Properties": dict[str, str],
    },
)

PutAccountPropertiesResponse = TypedDict(
    "PutAccountPropertiesResponse",
    {},
)

PutGroupPolicyRequest = TypedDict(
    "PutGroupPolicyRequest",
    {
        "GroupName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

PutRolePermissionsBoundaryRequest = TypedDict(
    "PutRolePermissionsBoundaryRequest",
    {
        "RoleName": str,
        "PermissionsBoundary": str,
    },
)

PutRolePolicyRequest = TypedDict(
    "PutRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

PutUserPermissionsBoundaryRequest = TypedDict(
    "PutUserPermissionsBoundaryRequest",
    {
        "UserName": str,
        "PermissionsBoundary": str,
    },
)

PutUserPolicyRequest = TypedDict(
    "PutUserPolicyRequest",
    {
        "UserName": str,
        "PolicyName": str,
        "PolicyDocument": str,
    },
)

RejectDelegationRequestRequest = TypedDict(
    "RejectDelegationRequestRequest",
    {
        "DelegationRequestId": str,
        "Notes": NotRequired[str],
    },
)

RemoveClientIDFromOpenIDConnectProviderRequest = TypedDict(
    "RemoveClientIDFromOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
        "ClientID": str,
    },
)

RemoveRoleFromInstanceProfileRequest = TypedDict(
    "RemoveRoleFromInstanceProfileRequest",
    {
        "InstanceProfileName": str,
        "RoleName": str,
    },
)

RemoveUserFromGroupRequest = TypedDict(
    "RemoveUserFromGroupRequest",
    {
        "GroupName": str,
        "UserName": str,
    },
)

ResetServiceSpecificCredentialRequest = TypedDict(
    "ResetServiceSpecificCredentialRequest",
    {
        "UserName": NotRequired[str],
        "ServiceSpecificCredentialId": str,
    },
)

ResetServiceSpecificCredentialResponse = TypedDict(
    "ResetServiceSpecificCredentialResponse",
    {
        "ServiceSpecificCredential": NotRequired[ServiceSpecificCredential],
    },
)

ResyncMFADeviceRequest = TypedDict(
    "ResyncMFADeviceRequest",
    {
        "UserName": str,
        "SerialNumber": str,
        "AuthenticationCode1": str,
        "AuthenticationCode2": str,
    },
)

SendDelegationTokenRequest = TypedDict(
    "SendDelegationTokenRequest",
    {
        "DelegationRequestId": str,
    },
)

SetDefaultPolicyVersionRequest = TypedDict(
    "SetDefaultPolicyVersionRequest",
    {
        "PolicyArn": str,
        "VersionId": str,
    },
)

globalEndpointTokenVersion = Literal[
    "v1Token",
    "v2Token",
]

SetSecurityTokenServicePreferencesRequest = TypedDict(
    "SetSecurityTokenServicePreferencesRequest",
    {
        "GlobalEndpointTokenVersion": globalEndpointTokenVersion,
    },
)

OrderedOrganizationPolicyType = TypedDict(
    "OrderedOrganizationPolicyType",
    {
        "ServiceControlPolicyInputList": NotRequired[list[str]],
    },
)

ContextKeyTypeEnum = Literal[
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
]

ContextEntry = TypedDict(
    "ContextEntry",
    {
        "ContextKeyName": NotRequired[str],
        "ContextKeyValues": NotRequired[list[str]],
        "ContextKeyType": NotRequired[ContextKeyTypeEnum],
    },
)

SimulateCustomPolicyRequest = TypedDict(
    "SimulateCustomPolicyRequest",
    {
        "PolicyInputList": list[str],
        "PermissionsBoundaryPolicyInputList": NotRequired[list[str]],
        "OrderedOrganizationPolicyInputList": NotRequired[list[OrderedOrganizationPolicyType]],
        "ActionNames": list[str],
        "ResourceArns": NotRequired[list[str]],
        "ResourcePolicy": NotRequired[str],
        "ResourceOwner": NotRequired[str],
        "CallerArn": NotRequired[str],
        "ContextEntries": NotRequired[list[ContextEntry]],
        "ResourceHandlingOption": NotRequired[str],
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
    },
)

PolicyEvaluationDecisionType = Literal[
    "allowed",
    "explicitDeny",
    "implicitDeny",
]

PolicySourceType = Literal[
    "user",
    "group",
    "role",
    "aws-managed",
    "user-managed",
    "resource",
    "none",
]

Position = TypedDict(
    "Position",
    {
        "Line": NotRequired[int],
        "Column": NotRequired[int],
    },
)

Statement = TypedDict(
    "Statement",
    {
        "SourcePolicyId": NotRequired[str],
        "SourcePolicyType": NotRequired[PolicySourceType],
        "StartPosition": NotRequired[Position],
        "EndPosition": NotRequired[Position],
    },
)

OrganizationsDecisionDetail = TypedDict(
    "OrganizationsDecisionDetail",
    {
        "AllowedByOrganizations": NotRequired[bool],
    },
)

PermissionsBoundaryDecisionDetail = TypedDict(
    "PermissionsBoundaryDecisionDetail",
    {
        "AllowedByPermissionsBoundary": NotRequired[bool],
    },
)

ResourceSpecificResult = TypedDict(
    "ResourceSpecificResult",
    {
        "EvalResourceName": str,
        "EvalResourceDecision": PolicyEvaluationDecisionType,
        "MatchedStatements": NotRequired[list[Statement]],
        "MissingContextValues": NotRequired[list[str]],
        "EvalDecisionDetails": NotRequired[dict[str, PolicyEvaluationDecisionType]],
        "PermissionsBoundaryDecisionDetail": NotRequired[PermissionsBoundaryDecisionDetail],
    },
)

EvaluationResult = TypedDict(
    "EvaluationResult",
    {
        "EvalActionName": str,
        "EvalResourceName": NotRequired[str],
        "EvalDecision": PolicyEvaluationDecisionType,
        "MatchedStatements": NotRequired[list[Statement]],
        "MissingContextValues": NotRequired[list[str]],
        "OrganizationsDecisionDetail": NotRequired[OrganizationsDecisionDetail],
        "PermissionsBoundaryDecisionDetail": NotRequired[PermissionsBoundaryDecisionDetail],
        "EvalDecisionDetails": NotRequired[dict[str, PolicyEvaluationDecisionType]],
        "ResourceSpecificResults": NotRequired[list[ResourceSpecificResult]],
    },
)

SimulatePolicyResponse = TypedDict(
    "SimulatePolicyResponse",
    {
        "EvaluationResults": NotRequired[list[EvaluationResult]],
        "IsTruncated": NotRequired[bool],
        "Marker": NotRequired[str],
    },
)

PolicyIdentifierPolicyType = Literal[
    "inline",
    "aws-managed",
    "user-managed",
    "permission-boundary",
    "scp",
    "rcp",
]

AttachmentType = Literal[
    "user",
    "group",
    "role",
]

InlinePolicyIdentifierType = TypedDict(
    "InlinePolicyIdentifierType",
    {
        "PolicyName": str,
        "AttachmentType": AttachmentType,
        "AttachmentName": str,
    },
)

PolicyIdentifier = TypedDict(
    "PolicyIdentifier",
    {
        "PolicyType": NotRequired[PolicyIdentifierPolicyType],
        "PolicyArn": NotRequired[str],
        "InlinePolicyIdentifier": NotRequired[InlinePolicyIdentifierType],
    },
)

SimulatePrincipalPolicyRequest = TypedDict(
    "SimulatePrincipalPolicyRequest",
    {
        "PolicySourceArn": str,
        "PolicyInputList": NotRequired[list[str]],
        "PermissionsBoundaryPolicyInputList": NotRequired[list[str]],
        "PolicyExclusionList": NotRequired[list[PolicyIdentifier]],
        "ActionNames": list[str],
        "ResourceArns": NotRequired[list[str]],
        "ResourcePolicy": NotRequired[str],
        "ResourceOwner": NotRequired[str],
        "CallerArn": NotRequired[str],
        "ContextEntries": NotRequired[list[ContextEntry]],
        "ResourceHandlingOption": NotRequired[str],
        "MaxItems": NotRequired[int],
        "Marker": NotRequired[str],
    },
)

TagInstanceProfileRequest = TypedDict(
    "TagInstanceProfileRequest",
    {
        "InstanceProfileName": str,
        "Tags": list[Tag],
    },
)

TagMFADeviceRequest = TypedDict(
    "TagMFADeviceRequest",
    {
        "SerialNumber": str,
        "Tags": list[Tag],
    },
)

TagOpenIDConnectProviderRequest = TypedDict(
    "TagOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
        "Tags": list[Tag],
    },
)

TagPolicyRequest = TypedDict(
    "TagPolicyRequest",
    {
        "PolicyArn": str,
        "Tags": list[Tag],
    },
)

TagRoleRequest = TypedDict(
    "TagRoleRequest",
    {
        "RoleName": str,
        "Tags": list[Tag],
    },
)

TagSAMLProviderRequest = TypedDict(
    "TagSAMLProviderRequest",
    {
        "SAMLProviderArn": str,
        "Tags": list[Tag],
    },
)

TagServerCertificateRequest = TypedDict(
    "TagServerCertificateRequest",
    {
        "ServerCertificateName": str,
        "Tags": list[Tag],
    },
)

TagUserRequest = TypedDict(
    "TagUserRequest",
    {
        "UserName": str,
        "Tags": list[Tag],
    },
)

UntagInstanceProfileRequest = TypedDict(
    "UntagInstanceProfileRequest",
    {
        "InstanceProfileName": str,
        "TagKeys": list[str],
    },
)

UntagMFADeviceRequest = TypedDict(
    "UntagMFADeviceRequest",
    {
        "SerialNumber": str,
        "TagKeys": list[str],
    },
)

UntagOpenIDConnectProviderRequest = TypedDict(
    "UntagOpenIDConnectProviderRequest",
    {
        "OpenIDConnectProviderArn": str,
        "TagKeys": list[str],
    },
)

UntagPolicyRequest = TypedDict(
    "UntagPolicyRequest",
    {
        "PolicyArn": str,
        "TagKeys": list[str],
    },
)

UntagRoleRequest = TypedDict(
    "UntagRoleRequest",
    {
        "RoleName": str,
        "TagKeys": list[str],
    },
)

UntagSAMLProviderRequest = TypedDict(
    "UntagSAMLProviderRequest",
    {
        "SAMLProviderArn": str,
        "TagKeys": list[str],
    },
)

UntagServerCertificateRequest = TypedDict(
    "UntagServerCertificateRequest",
    {
        "ServerCertificateName": str,
        "TagKeys": list[str],
    },
)

UntagUserRequest = TypedDict(
    "UntagUserRequest",
    {
        "UserName": str,
        "TagKeys": list[str],
    },
)

UpdateAccessKeyRequest = TypedDict(
    "UpdateAccessKeyRequest",
    {
        "UserName": NotRequired[str],
        "AccessKeyId": str,
        "Status": statusType,
    },
)

UpdateAccountPasswordPolicyRequest = TypedDict(
    "UpdateAccountPasswordPolicyRequest",
    {
        "MinimumPasswordLength": NotRequired[int],
        "RequireSymbols": NotRequired[bool],
        "RequireNumbers": NotRequired[bool],
        "RequireUppercaseCharacters": NotRequired[bool],
        "RequireLowercaseCharacters": NotRequired[bool],
        "AllowUsersToChangePassword": NotRequired[bool],
        "MaxPasswordAge": NotRequired[int],
        "PasswordReusePrevention": NotRequired[int],
        "HardExpiry": NotRequired[bool],
    },
)

UpdateAssumeRolePolicyRequest = TypedDict(
    "UpdateAssumeRolePolicyRequest",
    {
        "RoleName": str,
        "PolicyDocument": str,
    },
)

UpdateDelegationRequestRequest = TypedDict(
    "UpdateDelegationRequestRequest",
    {
        "DelegationRequestId": str,
        "Notes": NotRequired[str],
    },
)

UpdateGroupRequest = TypedDict(
    "UpdateGroupRequest",
    {
        "GroupName": str,
        "NewPath": NotRequired[str],
        "NewGroupName": NotRequired[str],
    },
)

UpdateLoginProfileRequest = TypedDict(
    "UpdateLoginProfileRequest",
    {
        "UserName": str,
        "Password": NotRequired[str],
        "PasswordResetRequired": NotRequired[bool],
    },
)

UpdateOpenIDConnectProviderThumbprintRequest = TypedDict(
    "UpdateOpenIDConnectProviderThumbprintRequest",
    {
        "OpenIDConnectProviderArn": str,
        "ThumbprintList": list[str],
    },
)

UpdateRoleRequest = TypedDict(
    "UpdateRoleRequest",
    {
        "RoleName": str,
        "Description": NotRequired[str],
        "MaxSessionDuration": NotRequired[int],
    },
)

UpdateRoleResponse = TypedDict(
    "UpdateRoleResponse",
    {},
)

UpdateRoleDescriptionRequest = TypedDict(
    "UpdateRoleDescriptionRequest",
    {
        "RoleName": str,
        "Description": str,
    },
)

UpdateRoleDescriptionResponse = TypedDict(
    "UpdateRoleDescriptionResponse",
    {
        "Role": NotRequired[Role],
    },
)

UpdateSAMLProviderRequest = TypedDict(
    "UpdateSAMLProviderRequest",
    {
        "SAMLMetadataDocument": NotRequired[str],
        "SAMLProviderArn": str,
        "AssertionEncryptionMode": NotRequired[assertionEncryptionModeType],
        "AddPrivateKey": NotRequired[str],
        "RemovePrivateKey": NotRequired[str],
    },
)

UpdateSAMLProviderResponse = TypedDict(
    "UpdateSAMLProviderResponse",
    {
        "SAMLProviderArn": NotRequired[str],
    },
)

UpdateSSHPublicKeyRequest = TypedDict(
    "UpdateSSHPublicKeyRequest",
    {
        "UserName": str,
        "SSHPublicKeyId": str,
        "Status": statusType,
    },
)

UpdateServerCertificateRequest = TypedDict(
    "UpdateServerCertificateRequest",
    {
        "ServerCertificateName": str,
        "NewPath": NotRequired[str],
        "NewServerCertificateName": NotRequired[str],
    },
)

UpdateServiceSpecificCredentialRequest = TypedDict(
    "UpdateServiceSpecificCredentialRequest",
    {
        "UserName": NotRequired[str],
        "ServiceSpecificCredentialId": str,
        "Status": statusType,
    },
)

UpdateSigningCertificateRequest = TypedDict(
    "UpdateSigningCertificateRequest",
    {
        "UserName": NotRequired[str],
        "CertificateId": str,
        "Status": statusType,
    },
)

UpdateUserRequest = TypedDict(
    "UpdateUserRequest",
    {
        "UserName": str,
        "NewPath": NotRequired[str],
        "NewUserName": NotRequired[str],
    },
)

UploadSSHPublicKeyRequest = TypedDict(
    "UploadSSHPublicKeyRequest",
    {
        "UserName": str,
        "SSHPublicKeyBody": str,
    },
)

UploadSSHPublicKeyResponse = TypedDict(
    "UploadSSHPublicKeyResponse",
    {
        "SSHPublicKey": NotRequired[SSHPublicKey],
    },
)

UploadServerCertificateRequest = TypedDict(
    "UploadServerCertificateRequest",
    {
        "Path": NotRequired[str],
        "ServerCertificateName": str,
        "CertificateBody": str,
        "PrivateKey": str,
        "CertificateChain": NotRequired[str],
        "Tags": NotRequired[list[Tag]],
    },
)

UploadServerCertificateResponse = TypedDict(
    "UploadServerCertificateResponse",
    {
        "ServerCertificateMetadata": NotRequired[ServerCertificateMetadata],
        "Tags": NotRequired[list[Tag]],
    },
)

UploadSigningCertificateRequest = TypedDict(
    "UploadSigningCertificateRequest",
    {
        "UserName": NotRequired[str],
        "CertificateBody": str,
    },
)

UploadSigningCertificateResponse = TypedDict(
    "UploadSigningCertificateResponse",
    {
        "Certificate": SigningCertificate,
    },
)
