"""OpenID Connect providers: create, get, list, delete, their client ids and thumbprints."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.operation import ANY, Call, about, operation
from entrepot.aws.types import iam as t
from entrepot.domain import oidc_providers as rules
from entrepot.registry import oidc_providers as providers


@about("oidc-provider")
def _one(_: Call, req: Any) -> str:
    """The ARN that a request names. Raises InvalidInput for another text."""
    return rules.check_arn(req["OpenIDConnectProviderArn"])


@about("oidc-provider")
def _new(call: Call, req: t.CreateOpenIDConnectProviderRequest) -> str:
    """The ARN of a provider that is to be made. Raises ValidationFailed."""
    return rules.arn(call.caller.principal.account, rules.parse_url(req["Url"]))


@operation("iam", "CreateOpenIDConnectProvider", resource=_new)
def create_open_id_connect_provider(
    call: Call, req: t.CreateOpenIDConnectProviderRequest
) -> t.CreateOpenIDConnectProviderResponse:
    client_ids, thumbprints = req.get("ClientIDList", []), req.get("ThumbprintList", [])
    tags = scope.tag_map(req.get("Tags", []))
    made = providers.create(call.reg, call.caller, req["Url"], client_ids, thumbprints, tags)
    answer: t.CreateOpenIDConnectProviderResponse = {"OpenIDConnectProviderArn": made.provider.arn}
    if tags:
        answer["Tags"] = scope.tag_list(tags)
    return answer


@operation("iam", "GetOpenIDConnectProvider", resource=_one)
def get_open_id_connect_provider(
    call: Call, req: t.GetOpenIDConnectProviderRequest
) -> t.GetOpenIDConnectProviderResponse:
    found = providers.get(call.reg, call.caller.principal.account, req["OpenIDConnectProviderArn"])
    return {
        "Url": found.provider.url,
        "ClientIDList": list(found.provider.client_ids),
        "ThumbprintList": list(found.provider.thumbprints),
        "CreateDate": scope.seconds(found.provider.created_at),
        "Tags": scope.tag_list(found.tags),
    }


@operation("iam", "ListOpenIDConnectProviders", resource=ANY)
def list_open_id_connect_providers(
    call: Call, _: t.ListOpenIDConnectProvidersRequest
) -> t.ListOpenIDConnectProvidersResponse:
    found = providers.of_account(call.reg, call.caller.principal.account)
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in found]}


@operation("iam", "AddClientIDToOpenIDConnectProvider", resource=_one)
def add_client_id(call: Call, req: t.AddClientIDToOpenIDConnectProviderRequest) -> None:
    providers.add_client_id(call.reg, call.caller, req["OpenIDConnectProviderArn"], req["ClientID"])


@operation("iam", "RemoveClientIDFromOpenIDConnectProvider", resource=_one)
def remove_client_id(call: Call, req: t.RemoveClientIDFromOpenIDConnectProviderRequest) -> None:
    providers.remove_client_id(call.reg, call.caller, req["OpenIDConnectProviderArn"], req["ClientID"])


@operation("iam", "UpdateOpenIDConnectProviderThumbprint", resource=_one)
def update_thumbprint(call: Call, req: t.UpdateOpenIDConnectProviderThumbprintRequest) -> None:
    providers.set_thumbprints(call.reg, call.caller, req["OpenIDConnectProviderArn"], req["ThumbprintList"])


@operation("iam", "DeleteOpenIDConnectProvider", resource=_one)
def delete_open_id_connect_provider(call: Call, req: t.DeleteOpenIDConnectProviderRequest) -> None:
    providers.delete(call.reg, call.caller, req["OpenIDConnectProviderArn"])
