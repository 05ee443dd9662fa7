# The provider's data sources on Amazon Connect, by name where they can be read so. `agrees` must be true for each.

data "aws_connect_instance" "main" {
  instance_alias = aws_connect_instance.main.instance_alias
}

data "aws_connect_security_profile" "agent" {
  instance_id = aws_connect_instance.main.id
  name        = "Agent"
}

data "aws_connect_prompt" "beep" {
  instance_id = aws_connect_instance.main.id
  name        = "Beep.wav"
}

data "aws_connect_hours_of_operation" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_hours_of_operation.main.name
}

data "aws_connect_contact_flow" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_contact_flow.main.name
}

data "aws_connect_contact_flow_module" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_contact_flow_module.main.name
}

data "aws_connect_queue" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_queue.main.name
}

data "aws_connect_quick_connect" "phone" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_quick_connect.phone.name
}

data "aws_connect_routing_profile" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_routing_profile.main.name
}

data "aws_connect_security_profile" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_security_profile.main.name
}

data "aws_connect_user" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_user.main.name
}

data "aws_connect_user_hierarchy_group" "group" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_user_hierarchy_group.group.name
}

data "aws_connect_user_hierarchy_structure" "main" {
  instance_id = aws_connect_user_hierarchy_structure.main.instance_id
  depends_on  = [aws_connect_user_hierarchy_structure.main]
}

data "aws_connect_vocabulary" "main" {
  instance_id = aws_connect_instance.main.id
  name        = aws_connect_vocabulary.main.name
}

data "aws_connect_bot_association" "main" {
  instance_id = aws_connect_bot_association.main.instance_id
  lex_bot {
    name = "Greeter"
  }
}

data "aws_connect_lambda_function_association" "main" {
  instance_id  = aws_connect_instance.main.id
  function_arn = aws_connect_lambda_function_association.main.function_arn
}

data "aws_connect_instance_storage_config" "s3" {
  instance_id    = aws_connect_instance.main.id
  association_id = aws_connect_instance_storage_config.s3.association_id
  resource_type  = "CALL_RECORDINGS"
}

output "agrees" {
  value = {
    aws_connect_instance             = data.aws_connect_instance.main.arn == aws_connect_instance.main.arn
    aws_connect_prompt               = strcontains(data.aws_connect_prompt.beep.arn, "/prompt/")
    aws_connect_hours_of_operation   = data.aws_connect_hours_of_operation.main.config == aws_connect_hours_of_operation.main.config
    aws_connect_contact_flow         = jsondecode(data.aws_connect_contact_flow.main.content) == local.flow
    aws_connect_contact_flow_module  = jsondecode(data.aws_connect_contact_flow_module.main.content) == local.module
    aws_connect_queue                = data.aws_connect_queue.main.outbound_caller_config == aws_connect_queue.main.outbound_caller_config
    aws_connect_quick_connect        = data.aws_connect_quick_connect.phone.arn == aws_connect_quick_connect.phone.arn
    aws_connect_routing_profile      = length(data.aws_connect_routing_profile.main.queue_configs) == var.step
    aws_connect_security_profile     = data.aws_connect_security_profile.main.permissions == aws_connect_security_profile.main.permissions
    aws_connect_user                 = data.aws_connect_user.main.hierarchy_group_id == aws_connect_user.main.hierarchy_group_id
    aws_connect_user_hierarchy_group = data.aws_connect_user_hierarchy_group.group.hierarchy_path[0].level_one[0].id == aws_connect_user_hierarchy_group.site.hierarchy_group_id
    aws_connect_user_hierarchy_structure = (
      data.aws_connect_user_hierarchy_structure.main.hierarchy_structure[0].level_two[0].name == "Group ${var.step}"
    )
    aws_connect_vocabulary                  = data.aws_connect_vocabulary.main.content == aws_connect_vocabulary.main.content
    aws_connect_bot_association             = data.aws_connect_bot_association.main.lex_bot[0].lex_region == "us-east-1"
    aws_connect_lambda_function_association = data.aws_connect_lambda_function_association.main.function_arn == aws_lambda_function.main.arn
    aws_connect_instance_storage_config     = data.aws_connect_instance_storage_config.s3.storage_config[0].storage_type == "S3"
  }
}
