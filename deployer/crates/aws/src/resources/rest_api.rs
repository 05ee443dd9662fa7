//! An API Gateway REST API with its routes as one document.

use std::sync::Arc;

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, PutMode, Resource as ApiResource, RestApi as Api};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{RestApiOutputs, RestApiProperties, Routes};
use serde_json::Value;

use super::{APIGATEWAY_TAGS, required_field, retag_apigateway};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::openapi;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type ApiLive = Live<RestApiProperties, RestApiOutputs>;

pub(super) const GET: Operation = Operation::read("apigateway", "GetRestApi");
const LIST: Operation = Operation::read("apigateway", "GetRestApis");
const GET_RESOURCES: Operation = Operation::read("apigateway", "GetResources");
/// Not idempotent: names are not unique, so a second call creates a second API.
const CREATE: Operation = Operation::create("apigateway", "CreateRestApi");
const PUT: Operation = Operation::idempotent("apigateway", "PutRestApi");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteRestApi");

const PAGE: i32 = 500;

/// The resource type `apigateway.rest_api`.
pub struct RestApi(pub(crate) Arc<Provider>);

impl Provider {
    /// An API, read once for all who look at it or at what is in it during one observation.
    async fn cached_api(&self, cx: &Context, id: &str) -> Result<Option<GetRestApiOutput>> {
        let seen = cx.cached(format!("apigateway:GetRestApi {id}"), || async {
            let get = || self.apigateway.get_rest_api().rest_api_id(id).send();
            self.call(cx, GET, get).await.optional()
        });
        Ok((*seen.await?).clone())
    }

    /// Whose a thing in an API is, by its own tags, if it has any, and by those of the API.
    pub(super) async fn owner_in_api(&self, cx: &Context, own: Option<&Tags>, api: &str) -> Result<TagOwner> {
        let own = own.map(|own| tags::owner(own, cx));
        if matches!(own, Some(TagOwner::Other(_))) {
            return Ok(own.unwrap_or(TagOwner::Us));
        }
        let seen = self.cached_api(cx, api).await?.map(|seen| tags::readable(seen.tags));
        Ok(tags::child_owner(own, tags::parent_owner(seen, &format!("the API {api}"), cx)))
    }
}

impl RestApi {
    fn outputs(&self, id: &str) -> RestApiOutputs {
        RestApiOutputs { id: id.to_owned(), execution_arn: self.0.arn("execute-api", id) }
    }

    async fn resources(&self, cx: &Context, id: &str) -> Result<Vec<ApiResource>> {
        collect_pages(|position| async move {
            let get = || {
                let request = self.0.apigateway.get_resources().rest_api_id(id).embed("methods").limit(PAGE);
                request.set_position(position.clone()).send()
            };
            let page = self.0.call(cx, GET_RESOURCES, get).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        })
        .await
    }

    fn live(&self, id: &str, name: Option<String>, description: Option<String>, routes: Routes, tags: Tags) -> ApiLive {
        let (name, description) = (name.unwrap_or_default(), description.unwrap_or_default());
        let properties = RestApiProperties { name, description, routes, tags };
        Live { id: PhysicalId(id.to_owned()), properties, outputs: self.outputs(id) }
    }

    /// Returns all APIs of the account and Region.
    async fn listed(&self, cx: &Context) -> Result<Vec<Api>> {
        collect_pages(|position| async move {
            let list = || self.0.apigateway.get_rest_apis().limit(PAGE).set_position(position.clone()).send();
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        })
        .await
    }

    /// Replaces everything in the API, including name and description, with the desired document. Safe to repeat after an interruption.
    async fn put(&self, cx: &Context, id: &str, wanted: &RestApiProperties) -> Result<()> {
        let invocation = |function: &str| {
            let (partition, region) = (self.0.partition(), &self.0.region);
            format!("arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations")
        };
        let document = openapi::document(&wanted.name, &wanted.description, &wanted.routes, invocation);
        let document = document.map_err(|why| Error::new(ErrorClass::Invalid, why))?;
        let body = Blob::new(document.to_string());
        let put = || {
            let request = self.0.apigateway.put_rest_api().rest_api_id(id).mode(PutMode::Overwrite).fail_on_warnings(true);
            request.body(body.clone()).send()
        };
        self.0.call(cx, PUT, put).await.map(drop)
    }
}

impl Permissions for RestApi {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let all = provider.apigateway_arn("/restapis");
        let own = operation_permissions(&[GET, GET_RESOURCES, PUT, DELETE], &format!("{all}/*"));
        [
            operation_permissions(&[LIST, CREATE], &all),
            own,
            operation_permissions(&APIGATEWAY_TAGS, &provider.apigateway_arn("/tags/*")),
        ]
        .concat()
    }
}

impl Resource for RestApi {
    type Definition = deployer_resources::RestApi;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &RestApiProperties) -> Result<Option<ApiLive>> {
        let api = self.0.cached_api(cx, id.as_str());
        let routes = async {
            if cx.presence_only {
                return Ok(hint.routes.clone());
            }
            let resources = self.resources(cx, id.as_str()).await.optional()?;
            Result::Ok(openapi::routes(&resources.unwrap_or_default()))
        };
        let (api, routes) = futures::try_join!(api, routes)?;
        Ok(api.map(|api| self.live(id.as_str(), api.name, api.description, routes, tags::readable(api.tags))))
    }

    async fn owner(&self, cx: &Context, live: &ApiLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    /// Finds the API by the tags set at its creation, the only thing that distinguishes it from others.
    async fn find(&self, cx: &Context, _wanted: &RestApiProperties) -> Result<Lookup<ApiLive>> {
        for api in cx.cached("apigateway:GetRestApis", || self.listed(cx)).await?.iter() {
            let tags = tags::readable(api.tags.clone());
            if let (Some(id), Ok(())) = (&api.id, tags::check_owner(&tags, cx)) {
                let routes = openapi::routes(&self.resources(cx, id).await?);
                return Ok(Lookup::Owned(self.live(id, api.name.clone(), api.description.clone(), routes, tags)));
            }
        }
        Ok(Lookup::NotFound)
    }

    async fn create(&self, cx: &Context, wanted: &RestApiProperties) -> Result<ApiLive> {
        let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let tags = tags::to_sdk(&wanted.tags);
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.apigateway.create_rest_api().name(&wanted.name).set_description(description.clone());
            request.endpoint_configuration(regional.clone()).set_tags(Some(tags.clone())).send()
        };
        let id = required_field("the API's id", self.0.call(cx, CREATE, create).await?.id)?;
        self.put(cx, &id, wanted).await?;
        Ok(Live { outputs: self.outputs(&id), id: PhysicalId(id), properties: wanted.clone() })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &ApiLive,
        wanted: &RestApiProperties,
        _changed: &[PropertyPath],
    ) -> Result<ApiLive> {
        let (id, was) = (live.id.as_str(), &live.properties);
        if (&was.name, &was.description, &was.routes) != (&wanted.name, &wanted.description, &wanted.routes) {
            self.put(cx, id, wanted).await?;
        }
        let arn = self.0.apigateway_arn(&format!("/restapis/{id}"));
        retag_apigateway(&self.0, cx, &arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &RestApiProperties) -> Result<()> {
        let delete = || self.0.apigateway.delete_rest_api().rest_api_id(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
