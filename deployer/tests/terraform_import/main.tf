# The stack of this repository as somebody with Terraform has it: one function that answers calls and reads back, a table, an API on a domain,
# and a Connect instance with hours, a queue, a module, a flow and a user.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }

locals {
  account = "111122223333"
  region  = "us-east-1"
}

provider "aws" {
  region                      = local.region
  access_key                  = local.account
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    acm        = var.endpoint
    apigateway = var.endpoint
    connect    = var.endpoint
    dynamodb   = var.endpoint
    iam        = var.endpoint
    lambda     = var.endpoint
    logs       = var.endpoint
    sts        = var.endpoint
  }
}

resource "aws_dynamodb_table" "numbers" {
  name         = "shop-dev-numbers"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_iam_role" "answer" {
  name        = "shop-dev-answer"
  description = "Role of the function shop-dev-answer"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "answer" {
  name = "logs-table-numbers"
  role = aws_iam_role.answer.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.answer.arn}:*" },
      { Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = aws_dynamodb_table.numbers.arn },
    ]
  })
}

resource "aws_cloudwatch_log_group" "answer" {
  name              = "/aws/lambda/shop-dev-answer"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_group" "connect" {
  name              = "/aws/connect/shop-dev"
  retention_in_days = 90
}

resource "aws_lambda_function" "answer" {
  function_name = "shop-dev-answer"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  role          = aws_iam_role.answer.arn
  filename      = "${path.module}/code.zip"
  memory_size   = 256
  timeout       = 8
  environment {
    variables = { TABLE_NAME = aws_dynamodb_table.numbers.name }
  }
  depends_on = [aws_cloudwatch_log_group.answer, aws_iam_role_policy.answer]
}

resource "aws_lambda_permission" "api" {
  statement_id  = "deployer-api-live-answer"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.answer.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.main.execution_arn}/live/*"
}

resource "aws_lambda_permission" "connect" {
  statement_id   = "deployer-connect-answer"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.answer.arn
  principal      = "connect.amazonaws.com"
  source_account = local.account
  source_arn     = aws_connect_instance.main.arn
}

resource "aws_api_gateway_rest_api" "main" {
  name        = "shop-dev"
  description = "Reads numbers back"
  endpoint_configuration { types = ["REGIONAL"] }
}

resource "aws_api_gateway_resource" "numbers" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  parent_id   = aws_api_gateway_rest_api.main.root_resource_id
  path_part   = "numbers"
}

resource "aws_api_gateway_method" "numbers" {
  rest_api_id      = aws_api_gateway_rest_api.main.id
  resource_id      = aws_api_gateway_resource.numbers.id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
}

resource "aws_api_gateway_integration" "numbers" {
  rest_api_id             = aws_api_gateway_rest_api.main.id
  resource_id             = aws_api_gateway_resource.numbers.id
  http_method             = aws_api_gateway_method.numbers.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.answer.invoke_arn
}

resource "aws_api_gateway_deployment" "main" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  depends_on  = [aws_api_gateway_integration.numbers]
}

resource "aws_api_gateway_stage" "main" {
  rest_api_id   = aws_api_gateway_rest_api.main.id
  deployment_id = aws_api_gateway_deployment.main.id
  stage_name    = "live"
}

resource "aws_api_gateway_api_key" "main" {
  name = "shop-dev"
}

resource "aws_api_gateway_usage_plan" "main" {
  name = "shop-dev"
  api_stages {
    api_id = aws_api_gateway_rest_api.main.id
    stage  = aws_api_gateway_stage.main.stage_name
  }
}

resource "aws_api_gateway_usage_plan_key" "main" {
  key_id        = aws_api_gateway_api_key.main.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.main.id
}

resource "aws_acm_certificate" "main" {
  certificate_body = file("${path.module}/certificate.pem")
  private_key      = file("${path.module}/key.pem")
}

resource "aws_api_gateway_domain_name" "main" {
  domain_name              = "shop-dev.example"
  regional_certificate_arn = aws_acm_certificate.main.arn
  security_policy          = "TLS_1_2"
  endpoint_configuration { types = ["REGIONAL"] }
}

resource "aws_api_gateway_base_path_mapping" "main" {
  api_id      = aws_api_gateway_rest_api.main.id
  stage_name  = aws_api_gateway_stage.main.stage_name
  domain_name = aws_api_gateway_domain_name.main.domain_name
}

resource "aws_connect_instance" "main" {
  instance_alias            = "shop-dev"
  identity_management_type  = "CONNECT_MANAGED"
  inbound_calls_enabled     = true
  outbound_calls_enabled    = false
  contact_flow_logs_enabled = true
  depends_on                = [aws_cloudwatch_log_group.connect]
}

resource "aws_connect_lambda_function_association" "answer" {
  instance_id  = aws_connect_instance.main.id
  function_arn = aws_lambda_function.answer.arn
}

resource "aws_connect_hours_of_operation" "office" {
  instance_id = aws_connect_instance.main.id
  name        = "Office hours"
  description = "Office hours"
  time_zone   = "America/New_York"
  config {
    day = "MONDAY"
    start_time {
      hours   = 8
      minutes = 0
    }
    end_time {
      hours   = 18
      minutes = 0
    }
  }
}

resource "aws_connect_queue" "support" {
  instance_id           = aws_connect_instance.main.id
  name                  = "support"
  description           = "support"
  hours_of_operation_id = aws_connect_hours_of_operation.office.hours_of_operation_id
}

resource "aws_connect_routing_profile" "agents" {
  instance_id               = aws_connect_instance.main.id
  name                      = "agents"
  description               = "agents"
  default_outbound_queue_id = aws_connect_queue.support.queue_id
  media_concurrencies {
    channel     = "VOICE"
    concurrency = 1
  }
  queue_configs {
    channel  = "VOICE"
    delay    = 0
    priority = 1
    queue_id = aws_connect_queue.support.queue_id
  }
}

data "aws_connect_security_profile" "agent" {
  instance_id = aws_connect_instance.main.id
  name        = "Agent"
}

resource "aws_connect_user" "ada" {
  instance_id          = aws_connect_instance.main.id
  name                 = "ada"
  password             = "Example-Password-1"
  routing_profile_id   = aws_connect_routing_profile.agents.routing_profile_id
  security_profile_ids = [data.aws_connect_security_profile.agent.security_profile_id]
  identity_info {
    first_name = "Example"
    last_name  = "Agent"
  }
  phone_config {
    phone_type                    = "SOFT_PHONE"
    after_contact_work_time_limit = 0
  }
}

resource "aws_connect_contact_flow_module" "greet" {
  instance_id = aws_connect_instance.main.id
  name        = "greet"
  description = "greet"
  content     = file("${path.module}/flows/greet.json")
}

resource "aws_connect_contact_flow" "main" {
  instance_id = aws_connect_instance.main.id
  name        = "main"
  type        = "CONTACT_FLOW"
  description = "main"
  content     = replace(file("${path.module}/flows/main.json"), "$${functions.answer.arn}", aws_lambda_function.answer.arn)
  depends_on  = [aws_connect_lambda_function_association.answer]
}

# Not part of the spec: it stays with Terraform.
resource "aws_dynamodb_table" "elsewhere" {
  name         = "elsewhere"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
