"""STS: who am I, and temporary credentials."""

from __future__ import annotations

from entrepot.aws.operation import ANY, NO_PERMISSION, Call, operation
from entrepot.aws.types import sts as t
from entrepot.domain.errors import IdentityProviderSilent, ValidationFailed
from entrepot.registry import access_keys, assuming, authorization_messages
from entrepot.registry.assuming import Wish
from entrepot.registry.sessions import Credentials
from entrepot.web import logs


@operation("sts", "GetCallerIdentity", resource=NO_PERMISSION, brief=True)
def get_caller_identity(call: Call, _: t.GetCallerIdentityRequest) -> t.GetCallerIdentityResponse:
    principal = call.caller.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@operation("sts", "GetAccessKeyInfo", resource=NO_PERMISSION)
def get_access_key_info(call: Call, req: t.GetAccessKeyInfoRequest) -> t.GetAccessKeyInfoResponse:
    """The account stands in the id itself, whether there is such a key or not, as on AWS."""
    account = access_keys.account_of(call.reg, req["AccessKeyId"])
    if account is None:
        raise ValidationFailed("Invalid length for parameter AccessKeyId, or it is not an access key id.")
    return {"Account": account}


@operation("sts", "DecodeAuthorizationMessage", resource=ANY, reads=True)
def decode_authorization_message(
    call: Call, req: t.DecodeAuthorizationMessageRequest
) -> t.DecodeAuthorizationMessageResponse:
    """What stood in the header of a refusal of somebody of the caller's account."""
    text = authorization_messages.decoded(call.reg, call.caller.principal.account, req["EncodedMessage"])
    return {"DecodedMessage": text}


@operation("sts", "AssumeRole", resource=NO_PERMISSION, reads=False)
def assume_role(call: Call, req: t.AssumeRoleRequest) -> t.AssumeRoleResponse:
    """The role's trust policy decides with the caller's own, so the permission is asked where the role is known."""
    if "SerialNumber" in req or "TokenCode" in req:
        raise ValidationFailed("There are no MFA devices: SerialNumber and TokenCode cannot be given.")
    wish = Wish(
        req["RoleArn"],
        req["RoleSessionName"],
        req.get("DurationSeconds"),
        req.get("Policy", ""),
        _arns(req.get("PolicyArns")),
        _tags(req.get("Tags")),
        tuple(req.get("TransitiveTagKeys", ())),
        req.get("ExternalId", ""),
        req.get("SourceIdentity", ""),
    )
    found = assuming.assume_role(call.reg, call.caller, wish)
    answer: t.AssumeRoleResponse = {
        "Credentials": _credentials(found.credentials),
        "AssumedRoleUser": {"AssumedRoleId": found.user_id, "Arn": found.arn},
    }
    if found.packed is not None:
        answer["PackedPolicySize"] = found.packed
    if found.source_identity:
        answer["SourceIdentity"] = found.source_identity
    return answer


@operation("sts", "AssumeRoleWithWebIdentity", resource=NO_PERMISSION, reads=False, anonymous=True)
def assume_role_with_web_identity(
    call: Call, req: t.AssumeRoleWithWebIdentityRequest
) -> t.AssumeRoleWithWebIdentityResponse:
    if "ProviderId" in req:
        raise ValidationFailed("ProviderId is for OAuth 2.0 access tokens, which are not taken here.")
    wish = Wish(
        req["RoleArn"],
        req["RoleSessionName"],
        req.get("DurationSeconds"),
        req.get("Policy", ""),
        _arns(req.get("PolicyArns")),
    )
    try:
        found, bearer = assuming.assume_role_with_web_identity(call.reg, call.caller, wish, req["WebIdentityToken"])
    except IdentityProviderSilent as error:  # whose address or certificate is not for clients to know
        logs.get("sts").warning("an identity provider did not give its keys", reason=error.detail)
        raise
    answer: t.AssumeRoleWithWebIdentityResponse = {
        "Credentials": _credentials(found.credentials),
        "SubjectFromWebIdentityToken": bearer.token.subject,
        "AssumedRoleUser": {"AssumedRoleId": found.user_id, "Arn": found.arn},
        "Provider": bearer.provider.arn,
        "Audience": bearer.audience,
    }
    if found.packed is not None:
        answer["PackedPolicySize"] = found.packed
    if found.source_identity:
        answer["SourceIdentity"] = found.source_identity
    return answer


@operation("sts", "GetSessionToken", resource=NO_PERMISSION, reads=False)
def get_session_token(call: Call, req: t.GetSessionTokenRequest) -> t.GetSessionTokenResponse:
    """It takes no permission, as on AWS: the credentials can do nothing that the caller cannot."""
    if "SerialNumber" in req or "TokenCode" in req:
        raise ValidationFailed("There are no MFA devices: SerialNumber and TokenCode cannot be given.")
    return {"Credentials": _credentials(assuming.session_token(call.reg, call.caller, req.get("DurationSeconds")))}


def _credentials(found: Credentials) -> t.Credentials:
    return {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret,
        "SessionToken": found.token,
        "Expiration": found.expires_at // 1_000_000,
    }


def _arns(found: list[t.PolicyDescriptorType] | None) -> tuple[str, ...]:
    return tuple(each["arn"] for each in found or () if "arn" in each)


def _tags(found: list[t.Tag] | None) -> dict[str, str]:
    """Session tags by key. Raises ValidationFailed for a key that comes twice."""
    tags = {each["Key"]: each["Value"] for each in found or ()}
    if len(tags) != len(found or ()):
        raise ValidationFailed("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return tags
