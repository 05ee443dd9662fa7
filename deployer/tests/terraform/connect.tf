# Every resource type and data source of the provider on Amazon Connect.

resource "aws_connect_instance" "main" {
  instance_alias                   = "terraform-main"
  identity_management_type         = "CONNECT_MANAGED"
  inbound_calls_enabled            = true
  outbound_calls_enabled           = !local.changed
  contact_flow_logs_enabled        = local.changed
  contact_lens_enabled             = !local.changed
  auto_resolve_best_voices_enabled = !local.changed
  early_media_enabled              = !local.changed
  multi_party_conference_enabled   = local.changed
  tags                             = { step = var.step }
}

resource "aws_connect_instance" "other" {
  instance_alias           = "terraform-other"
  identity_management_type = "SAML"
  inbound_calls_enabled    = local.changed
  outbound_calls_enabled   = true
}

resource "aws_connect_hours_of_operation" "main" {
  instance_id = aws_connect_instance.main.id
  name        = "Office ${var.step}"
  description = "Opening hours ${var.step}"
  time_zone   = local.changed ? "Europe/Berlin" : "UTC"
  dynamic "config" {
    for_each = local.changed ? ["MONDAY", "FRIDAY"] : ["MONDAY"]
    content {
      day = config.value
      start_time {
        hours   = 8
        minutes = local.changed ? 30 : 0
      }
      end_time {
        hours   = 18
        minutes = 0
      }
    }
  }
  tags = { step = var.step }
}

resource "aws_connect_hours_of_operation" "other" {
  instance_id = aws_connect_instance.main.id
  name        = "Weekend"
  time_zone   = "UTC"
  config {
    day = "SUNDAY"
    start_time {
      hours   = 0
      minutes = 0
    }
    end_time {
      hours   = 0
      minutes = 0
    }
  }
}

locals {
  flow = {
    Version     = "2019-10-30"
    StartAction = "say"
    Actions = [
      {
        Identifier = "say"
        Type       = "MessageParticipant"
        Parameters = { Text = "Step ${var.step}" }
        Transitions = {
          NextAction = "end"
          Errors     = [{ NextAction = "end", ErrorType = "NoMatchingError" }]
        }
      },
      { Identifier = "end", Type = "DisconnectParticipant", Parameters = {}, Transitions = {} },
    ]
  }
  module = {
    Version     = "2019-10-30"
    StartAction = "say"
    Actions = [
      local.flow.Actions[0],
      { Identifier = "end", Type = "EndFlowModuleExecution", Parameters = {}, Transitions = {} },
    ]
  }
}

resource "aws_connect_contact_flow" "main" {
  instance_id = aws_connect_instance.main.id
  name        = "Main ${var.step}"
  description = "What callers hear ${var.step}"
  type        = "CONTACT_FLOW"
  content     = jsonencode(local.flow)
  tags        = { step = var.step }
}

resource "aws_connect_contact_flow" "file" {
  instance_id  = aws_connect_instance.main.id
  name         = "From a file"
  type         = "CONTACT_FLOW"
  filename     = "${path.module}/flow-${var.step}.json"
  content_hash = filebase64sha256("${path.module}/flow-${var.step}.json")
}

resource "aws_connect_contact_flow" "whisper" {
  instance_id = aws_connect_instance.main.id
  name        = "Whisper"
  type        = "OUTBOUND_WHISPER"
  content     = jsonencode(merge(local.flow, { Actions = [local.flow.Actions[0], merge(local.flow.Actions[1], { Type = "EndFlowExecution" })] }))
}

resource "aws_connect_contact_flow" "transfer" {
  for_each    = toset(["AGENT_TRANSFER", "QUEUE_TRANSFER"])
  instance_id = aws_connect_instance.main.id
  name        = each.key
  type        = each.key
  content     = jsonencode(local.flow)
}

resource "aws_connect_contact_flow_module" "main" {
  instance_id = aws_connect_instance.main.id
  name        = "Module ${var.step}"
  description = "A module ${var.step}"
  content     = jsonencode(local.module)
  tags        = { step = var.step }
}

resource "aws_connect_phone_number" "main" {
  target_arn   = local.changed ? aws_connect_instance.other.arn : aws_connect_instance.main.arn
  country_code = "US"
  type         = "TOLL_FREE"
  prefix       = "+1800"
  description  = "The hotline"
  tags         = { step = var.step }
  lifecycle {
    # The provider cannot read it back, so that an imported number would be replaced.
    ignore_changes = [prefix]
  }
}

resource "aws_connect_phone_number" "shown" {
  target_arn   = aws_connect_instance.main.arn
  country_code = "US"
  type         = "DID"
}

resource "aws_connect_quick_connect" "phone" {
  instance_id = aws_connect_instance.main.id
  name        = "Sales ${var.step}"
  description = "The sales desk ${var.step}"
  quick_connect_config {
    quick_connect_type = "PHONE_NUMBER"
    phone_config {
      phone_number = local.changed ? "+12065550100" : "+12065550101"
    }
  }
  tags = { step = var.step }
}

resource "aws_connect_quick_connect" "queue" {
  instance_id = aws_connect_instance.main.id
  name        = "To a queue"
  quick_connect_config {
    quick_connect_type = "QUEUE"
    queue_config {
      queue_id        = local.changed ? aws_connect_queue.other.queue_id : aws_connect_queue.main.queue_id
      contact_flow_id = aws_connect_contact_flow.transfer["QUEUE_TRANSFER"].contact_flow_id
    }
  }
}

resource "aws_connect_quick_connect" "user" {
  instance_id = aws_connect_instance.main.id
  name        = "To a user"
  quick_connect_config {
    quick_connect_type = "USER"
    user_config {
      user_id         = local.changed ? aws_connect_user.other.user_id : aws_connect_user.main.user_id
      contact_flow_id = aws_connect_contact_flow.transfer["AGENT_TRANSFER"].contact_flow_id
    }
  }
}

resource "aws_connect_queue" "main" {
  instance_id           = aws_connect_instance.main.id
  name                  = "Support ${var.step}"
  description           = "Who needs help ${var.step}"
  hours_of_operation_id = (local.changed ? aws_connect_hours_of_operation.other : aws_connect_hours_of_operation.main).hours_of_operation_id
  max_contacts          = 10 * var.step
  status                = local.changed ? "DISABLED" : "ENABLED"
  quick_connect_ids     = local.changed ? [] : [aws_connect_quick_connect.phone.quick_connect_id]
  outbound_caller_config {
    outbound_caller_id_name      = "Support ${var.step}"
    outbound_caller_id_number_id = local.changed ? null : aws_connect_phone_number.shown.id
    outbound_flow_id             = local.changed ? null : aws_connect_contact_flow.whisper.contact_flow_id
  }
  tags = { step = var.step }
}

resource "aws_connect_queue" "other" {
  instance_id           = aws_connect_instance.main.id
  name                  = "Other"
  description           = "The other queue"
  hours_of_operation_id = aws_connect_hours_of_operation.other.hours_of_operation_id
  quick_connect_ids     = local.changed ? [aws_connect_quick_connect.phone.quick_connect_id] : []
}

resource "aws_connect_routing_profile" "main" {
  instance_id               = aws_connect_instance.main.id
  name                      = "Agents ${var.step}"
  description               = "Takes calls ${var.step}"
  default_outbound_queue_id = (local.changed ? aws_connect_queue.other : aws_connect_queue.main).queue_id
  media_concurrencies {
    channel     = "VOICE"
    concurrency = 1
  }
  media_concurrencies {
    channel     = "CHAT"
    concurrency = var.step
  }
  queue_configs {
    channel  = "VOICE"
    delay    = 10 * var.step
    priority = var.step
    queue_id = aws_connect_queue.main.queue_id
  }
  dynamic "queue_configs" {
    for_each = local.changed ? ["CHAT"] : []
    content {
      channel  = queue_configs.value
      delay    = 0
      priority = 1
      queue_id = aws_connect_queue.other.queue_id
    }
  }
  tags = { step = var.step }
}

resource "aws_connect_routing_profile" "other" {
  instance_id               = aws_connect_instance.main.id
  name                      = "Others"
  description               = "Takes no calls"
  default_outbound_queue_id = aws_connect_queue.other.queue_id
  media_concurrencies {
    channel     = "TASK"
    concurrency = 1
  }
}

resource "aws_connect_security_profile" "main" {
  instance_id = aws_connect_instance.main.id
  name        = "Desk"
  description = "Agents at the desk ${var.step}"
  permissions = local.changed ? ["BasicAgentAccess", "OutboundCallAccess"] : ["BasicAgentAccess"]
  tags        = { step = var.step }
}

resource "aws_connect_user_hierarchy_structure" "main" {
  instance_id = aws_connect_instance.main.id
  hierarchy_structure {
    level_one {
      name = "Site ${var.step}"
    }
    level_two {
      name = "Group ${var.step}"
    }
    dynamic "level_three" {
      for_each = local.changed ? ["Team"] : []
      content {
        name = level_three.value
      }
    }
  }
}

resource "aws_connect_user_hierarchy_group" "site" {
  instance_id = aws_connect_instance.main.id
  name        = "North ${var.step}"
  tags        = { step = var.step }
  depends_on  = [aws_connect_user_hierarchy_structure.main]
}

resource "aws_connect_user_hierarchy_group" "group" {
  instance_id     = aws_connect_instance.main.id
  name            = "Support"
  parent_group_id = aws_connect_user_hierarchy_group.site.hierarchy_group_id
  depends_on      = [aws_connect_user_hierarchy_structure.main]
  lifecycle {
    # The provider does not read it back, so that an imported group would be replaced.
    ignore_changes = [parent_group_id]
  }
}

resource "aws_connect_user" "main" {
  instance_id          = aws_connect_instance.main.id
  name                 = "mary"
  password             = "Correct1Horse"
  routing_profile_id   = (local.changed ? aws_connect_routing_profile.other : aws_connect_routing_profile.main).routing_profile_id
  security_profile_ids = local.changed ? [aws_connect_security_profile.main.security_profile_id] : [data.aws_connect_security_profile.agent.security_profile_id]
  hierarchy_group_id   = (local.changed ? aws_connect_user_hierarchy_group.site : aws_connect_user_hierarchy_group.group).hierarchy_group_id
  identity_info {
    first_name      = "Mary"
    last_name       = local.changed ? "Minor" : "Major"
    email           = "mary-${var.step}@voice.example"
    secondary_email = "mary.${var.step}@other.example"
  }
  phone_config {
    phone_type                    = local.changed ? "DESK_PHONE" : "SOFT_PHONE"
    after_contact_work_time_limit = 10 * var.step
    auto_accept                   = local.changed
    desk_phone_number             = local.changed ? "+12065550102" : null
  }
  tags = { step = var.step }
}

resource "aws_connect_user" "other" {
  instance_id          = aws_connect_instance.main.id
  name                 = "john"
  password             = "Correct1Horse"
  routing_profile_id   = aws_connect_routing_profile.other.routing_profile_id
  security_profile_ids = [data.aws_connect_security_profile.agent.security_profile_id]
  identity_info {
    first_name = "John"
    last_name  = "Doe"
  }
  phone_config {
    phone_type = "SOFT_PHONE"
  }
}

resource "aws_connect_vocabulary" "main" {
  instance_id   = aws_connect_instance.main.id
  name          = "places"
  language_code = "en-US"
  content       = "Phrase\tIPA\tSoundsLike\tDisplayAs\nLos-Angeles\t\t\tLos Angeles\n"
  tags          = { step = var.step }
}

resource "aws_connect_lambda_function_association" "main" {
  instance_id  = aws_connect_instance.main.id
  function_arn = aws_lambda_function.main.arn
}

resource "aws_connect_bot_association" "main" {
  instance_id = aws_connect_instance.main.id
  lex_bot {
    name       = "Greeter"
    lex_region = "us-east-1"
  }
}

resource "aws_connect_instance_storage_config" "s3" {
  instance_id   = aws_connect_instance.main.id
  resource_type = "CALL_RECORDINGS"
  storage_config {
    storage_type = "S3"
    s3_config {
      bucket_name   = aws_s3_bucket.main.id
      bucket_prefix = "calls-${var.step}"
      encryption_config {
        encryption_type = "KMS"
        key_id          = "arn:aws:kms:us-east-1:${local.account}:key/0a1b2c3d-0000-4000-8000-00000000000${var.step}"
      }
    }
  }
}

resource "aws_connect_instance_storage_config" "video" {
  instance_id   = aws_connect_instance.main.id
  resource_type = "MEDIA_STREAMS"
  storage_config {
    storage_type = "KINESIS_VIDEO_STREAM"
    kinesis_video_stream_config {
      prefix                 = "video-${var.step}"
      retention_period_hours = 24 * var.step
      encryption_config {
        encryption_type = "KMS"
        key_id          = "arn:aws:kms:us-east-1:${local.account}:key/0a1b2c3d-0000-4000-8000-00000000000${var.step}"
      }
    }
  }
}

resource "aws_connect_instance_storage_config" "stream" {
  instance_id   = aws_connect_instance.main.id
  resource_type = "AGENT_EVENTS"
  storage_config {
    storage_type = "KINESIS_STREAM"
    kinesis_stream_config {
      stream_arn = "arn:aws:kinesis:us-east-1:${local.account}:stream/events-${var.step}"
    }
  }
}

resource "aws_connect_instance_storage_config" "firehose" {
  instance_id   = aws_connect_instance.main.id
  resource_type = "CONTACT_TRACE_RECORDS"
  storage_config {
    storage_type = "KINESIS_FIREHOSE"
    kinesis_firehose_config {
      firehose_arn = "arn:aws:firehose:us-east-1:${local.account}:deliverystream/records-${var.step}"
    }
  }
}
