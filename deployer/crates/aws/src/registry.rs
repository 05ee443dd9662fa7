//! The registry of all resource types, with the permissions of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_engine::{Registry, ResourceDefinition};

use crate::permissions::{Permission, Permissions, Purpose};
use crate::provider::Provider;
use crate::resources;

/// A function that returns the permissions that a resource of one type needs.
type PermissionsOf = fn(&Provider, &serde_json::Value) -> Vec<Permission>;

/// The permissions of a type for all operations, and for planning.
pub(crate) struct PermissionsOfType {
    everything: PermissionsOf,
    planning: PermissionsOf,
}

impl PermissionsOfType {
    pub(crate) fn of(&self, purpose: Purpose) -> PermissionsOf {
        match purpose {
            Purpose::Everything => self.everything,
            Purpose::Planning => self.planning,
        }
    }
}

/// Returns a registry of all resource types of this crate over one provider.
pub fn registry(provider: Provider) -> Registry {
    registry_and_permissions(provider).0
}

/// Returns the registry, and the permissions of each type by its name.
pub(crate) fn registry_and_permissions(
    provider: Provider,
) -> (Registry, BTreeMap<&'static str, PermissionsOfType>, Arc<Provider>) {
    let provider = Arc::new(provider);
    let (mut registry, mut rights) = (Registry::default(), BTreeMap::new());
    macro_rules! add {
        ($($kind:ident),+ $(,)?) => {$(
            let of_type = PermissionsOfType {
                everything: <resources::$kind as Permissions>::permissions,
                planning: <resources::$kind as Permissions>::plan_permissions,
            };
            rights.insert(<deployer_resources::$kind as ResourceDefinition>::TYPE, of_type);
            registry.add(resources::$kind(Arc::clone(&provider)));
        )+};
    }
    add!(
        IamRole,
        LogGroup,
        DynamodbTable,
        LambdaFunction,
        LambdaPermission,
        ConnectInstance,
        ConnectLambdaAssociation,
        ConnectContactFlow,
        ConnectFlowContent,
        S3Bucket,
        S3Object,
        ConnectPrompt,
        ConnectHours,
        ConnectHoursOverride,
        ConnectAgentStatus,
        ConnectPredefinedAttribute,
        ConnectView,
        ConnectTaskTemplate,
        ConnectEvaluationForm,
        ConnectRule,
        ConnectQueue,
        ConnectRoutingProfile,
        ConnectPhoneNumber,
        ConnectPhoneNumberFlow,
        ConnectModule,
        ConnectStorage,
        ConnectBot,
        ConnectUser,
        ConnectQuickConnect,
        ConnectQueueQuickConnects,
        ConnectSecurityProfile,
        ConnectHierarchyStructure,
        ConnectHierarchyGroup,
        ConnectVocabulary,
        ConnectDefaultVocabulary,
        RestApi,
        Deployment,
        Stage,
        ApiKey,
        UsagePlan,
        Certificate,
        ExistingCertificate,
        ImportedCertificate,
        RequestedCertificate,
        CertificateValidation,
        HostedZone,
        ValidationRecord,
        AliasRecord,
        DomainName,
        BasePathMapping,
        IamPolicy,
        IamOidcProvider,
        S3StateBucket,
        S3StateFolder,
    );
    (registry, rights, provider)
}
