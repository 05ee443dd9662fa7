# The stack in Terraform's words.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

variable "endpoint" { type = string }
variable "level" {
  type    = string
  default = ""
}

locals {
  functions = { convert = 8, get = 10 }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "example"
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  default_tags { tags = { application = "vanity-numbers", environment = "dev" } }
  endpoints {
    acm        = var.endpoint
    apigateway = var.endpoint
    dynamodb   = var.endpoint
    iam        = var.endpoint
    lambda     = var.endpoint
    logs       = var.endpoint
    sts        = var.endpoint
  }
}

resource "aws_dynamodb_table" "numbers" {
  name         = "by-hand-numbers"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "feed"
    type = "S"
  }
  attribute {
    name = "updated_at"
    type = "N"
  }
  global_secondary_index {
    name            = "recent"
    hash_key        = "feed"
    range_key       = "updated_at"
    projection_type = "ALL"
  }
  point_in_time_recovery { enabled = true }
}

resource "aws_iam_role" "function" {
  for_each           = local.functions
  name               = "by-hand-${each.key}"
  assume_role_policy = file("trust.json")
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions
  name     = "function"
  role     = aws_iam_role.function[each.key].id
  policy   = file("policy.json")
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/by-hand-${each.key}"
  retention_in_days = 30
}

resource "aws_lambda_function" "function" {
  for_each         = local.functions
  function_name    = "by-hand-${each.key}"
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  role             = aws_iam_role.function[each.key].arn
  filename         = "${each.key}.zip"
  source_code_hash = filebase64sha256("${each.key}.zip")
  memory_size      = 256
  timeout          = each.value
  environment {
    variables = merge(
      { TABLE_NAME = aws_dynamodb_table.numbers.name },
      each.key == "convert" && var.level != "" ? { LOG_LEVEL = var.level } : {},
    )
  }
}

resource "aws_api_gateway_rest_api" "main" {
  name = "by-hand"
  body = file("api.json")
  endpoint_configuration { types = ["REGIONAL"] }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function["get"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.main.execution_arn}/*/*"
}

resource "aws_api_gateway_deployment" "main" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  triggers    = { body = sha1(aws_api_gateway_rest_api.main.body) }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.main.id
  deployment_id = aws_api_gateway_deployment.main.id
  stage_name    = "live"
}

resource "aws_acm_certificate" "main" {
  certificate_body = file("certificate.pem")
  private_key      = file("key.pem")
}

resource "aws_api_gateway_domain_name" "main" {
  domain_name              = "by-hand.example"
  regional_certificate_arn = aws_acm_certificate.main.arn
  security_policy          = "TLS_1_2"
  endpoint_configuration { types = ["REGIONAL"] }
}

resource "aws_api_gateway_base_path_mapping" "main" {
  api_id      = aws_api_gateway_rest_api.main.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  domain_name = aws_api_gateway_domain_name.main.domain_name
}
