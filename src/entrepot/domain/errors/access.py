"""Who is calling, and may they: credentials, tokens, sessions and decisions that are refused."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class NotAuthenticated(RegistryError):
    """No credentials were given where they are needed."""

    text = "Not Authorized"


@dataclass(eq=False)
class TokenRefused(RegistryError):
    """A password that is altered, expired, of another region, or none of ours: ECR has one text for all."""

    text = "Your authorization token has expired. Reauthenticate and try again."


@dataclass(eq=False)
class AccessDenied(RegistryError):
    """`reason` is as AWS tells it: `no … policy allows the … action`, or `with an explicit deny in …`.

    `encoded` is the same and more, sealed, for DecodeAuthorizationMessage; empty where there is none.
    """

    principal: str
    action: str
    resource: str
    reason: str
    encoded: str = ""

    def __str__(self) -> str:
        why = self.reason if self.reason.startswith("with ") else f"because {self.reason}"
        return f"User: {self.principal} is not authorized to perform: {self.action} on resource: {self.resource} {why}"


@dataclass(eq=False)
class SessionExpired(RegistryError):
    """Temporary credentials whose time is over, or a login token that they fetched."""

    text = "The security token included in the request is expired"


@dataclass(eq=False)
class Refusal(RegistryError):
    """A refusal of STS that says no more than this; `encoded` is as that of AccessDenied."""

    detail: str
    encoded: str = ""

    text = "{detail}"


@dataclass(eq=False)
class AuthorizationMessageInvalid(RegistryError):
    """An encoded message that is altered, or none of this account's."""

    text = "Message is not valid"


@dataclass(eq=False)
class PackedPolicyTooLarge(RegistryError):
    percent: int

    text = "Packed policy consumes {percent}% of allotted space, please use smaller policy."


@dataclass(eq=False)
class IdentityTokenInvalid(RegistryError):
    """An identity provider's token that is not believed."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class IdentityTokenExpired(RegistryError):
    """An identity provider's token whose time is over; `now` and `ended` in seconds since 1970."""

    now: int
    ended: int

    text = "Token expired: current date/time {now} must be before the expiration date/time {ended}"


@dataclass(eq=False)
class IdentityProviderSilent(RegistryError):
    """An identity provider that cannot be asked for its keys. `detail` is for the log and is not told to clients."""

    detail: str

    text = (
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
