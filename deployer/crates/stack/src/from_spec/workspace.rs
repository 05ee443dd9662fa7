//! What agents and supervisors of a spec's instance work with.

use std::collections::BTreeMap;

use deployer_resources::{
    ConnectEvaluationForm, ConnectHours, ConnectRule, ConnectTaskTemplate, ConnectView, Declare, Declared, Prop,
};
use serde_json::{Value, json};

use super::Problem;
use super::connect::ConnectBuilder;
use crate::constructs::contact_center::NamedResource;
use crate::constructs::workspace::{AgentStatusProps, DocumentProps, HoursOverrideProps, PredefinedAttributeProps};
use crate::content::with_references;

impl ConnectBuilder<'_> {
    pub(super) fn workspace(&mut self) {
        let declared = self.declared;
        for (key, status) in &declared.agent_statuses {
            let props = AgentStatusProps {
                name: status.name.clone(),
                description: status.description.clone(),
                enabled: status.enabled,
                display_order: status.display_order,
            };
            self.instance.agent_status(key.as_str(), props);
        }
        for (key, attribute) in &declared.predefined_attributes {
            let props = PredefinedAttributeProps {
                name: attribute.name.clone(),
                values: attribute.values.clone(),
                purposes: attribute.purposes.clone(),
                only_these_values: attribute.only_these_values,
            };
            self.instance.predefined_attribute(key.as_str(), props);
        }
        self.documents();
    }

    fn documents(&mut self) {
        let declared = self.declared;
        for (key, view) in &declared.views {
            let about = [view.name.as_str(), &view.description, view.status.as_str()];
            self.document::<ConnectView>("views", "view", key.as_str(), about, &Value::Null);
        }
        for (key, template) in &declared.task_templates {
            let about = [template.name.as_str(), &template.description, if template.active { "ACTIVE" } else { "INACTIVE" }];
            let flow = template.flow.as_ref().map(|flow| format!("${{connect.flows.{flow}.id}}"));
            let more = flow.map_or(Value::Null, |flow| json!({"ContactFlowId": flow}));
            self.document::<ConnectTaskTemplate>("task_templates", "task_template", key.as_str(), about, &more);
        }
        for (key, form) in &declared.evaluation_forms {
            let about = [form.title.as_str(), &form.description, if form.active { "ACTIVE" } else { "DRAFT" }];
            self.document::<ConnectEvaluationForm>("evaluation_forms", "evaluation_form", key.as_str(), about, &Value::Null);
        }
        for (key, rule) in &declared.rules {
            let about = [rule.name.as_str(), "", rule.status.as_str()];
            self.document::<ConnectRule>("rules", "rule", key.as_str(), about, &Value::Null);
        }
    }

    /// Adds a document: name, description and status from the spec, the rest from its file.
    fn document<R>(&mut self, section: &str, kind: &str, key: &str, about: [&str; 3], more: &Value)
    where
        R: Declare<Declared = deployer_resources::ConnectDocumentProperties<Declared>>,
    {
        let name = format!("{section}.{key}");
        let mut content = self.inputs.documents.get(&name).cloned().unwrap_or_else(|| json!({}));
        if let (Some(members), Value::Object(more)) = (content.as_object_mut(), more.clone()) {
            members.extend(more);
        }
        let resolved: Prop<Value> = match with_references(&content, &|text| self.reference(text.trim())) {
            Ok(resolved) => resolved.into(),
            Err(found) => {
                let problem = |undefined| Problem::Undefined { flow: name.clone(), in_module: false, undefined };
                return self.problems.extend(found.into_iter().map(problem));
            }
        };
        let [title, description, status] = about.map(str::to_owned);
        self.instance.document::<R>(kind, key, DocumentProps { name: title, description, status, content: resolved });
    }

    pub(super) fn overrides(&self, hours: &BTreeMap<&str, NamedResource<ConnectHours>>) {
        for (key, declared) in &self.declared.hours {
            let Some(handle) = hours.get(key.as_str()).and_then(NamedResource::handle) else { continue };
            for (own, one) in &declared.overrides {
                let times = one.times.iter().map(|(day, times)| (day.as_str().to_owned(), times.clone()));
                let props = HoursOverrideProps {
                    name: one.name.clone(),
                    description: one.description.clone(),
                    from: one.from.clone(),
                    until: one.until.clone(),
                    kind: one.kind.as_str().to_owned(),
                    times: times.collect(),
                };
                self.instance.hours_override(&format!("{key}_{own}"), handle, props);
            }
        }
    }
}
