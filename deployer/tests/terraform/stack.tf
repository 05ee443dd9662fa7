# The resource types of the other services, as the application of this repository needs them.

resource "aws_dynamodb_table" "main" {
  name                        = "terraform-numbers"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = false
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }
  point_in_time_recovery {
    enabled = local.changed
  }
  tags = { step = var.step }
}

resource "aws_dynamodb_table" "indexed" {
  name         = "terraform-recent"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  dynamic "attribute" {
    for_each = local.changed ? ["feed"] : []
    content {
      name = attribute.value
      type = "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = local.changed ? ["recent"] : []
    content {
      name            = global_secondary_index.value
      hash_key        = "feed"
      projection_type = "ALL"
    }
  }
}

resource "aws_iam_role" "main" {
  name                 = "terraform-function"
  path                 = "/voice/"
  description          = "The function's role ${var.step}"
  max_session_duration = 3600 * var.step
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }],
      local.changed ? [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "apigateway.amazonaws.com" } }] : [],
    )
  })
  tags = { step = var.step }
}

resource "aws_iam_role_policy" "main" {
  name = "function"
  role = aws_iam_role.main.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.changed ? ["dynamodb:PutItem", "dynamodb:GetItem"] : ["dynamodb:PutItem"], Resource = aws_dynamodb_table.main.arn }]
  })
}

resource "aws_iam_policy" "main" {
  name        = "terraform-deploy"
  description = "What the pipeline may do"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.changed ? ["logs:*"] : ["logs:PutLogEvents"], Resource = "*" }]
  })
  tags = { step = var.step }
}

resource "aws_iam_role_policy_attachment" "main" {
  role       = aws_iam_role.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_openid_connect_provider" "main" {
  url             = "https://token.voice.example"
  client_id_list  = local.changed ? ["sts.amazonaws.com", "other"] : ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d9${var.step}"]
  tags            = { step = var.step }
}

resource "aws_cloudwatch_log_group" "main" {
  name              = "/aws/lambda/terraform-function"
  retention_in_days = local.changed ? 90 : 30
  tags              = { step = var.step }
}

resource "aws_lambda_function" "main" {
  function_name    = "terraform-function"
  description      = "The function ${var.step}"
  runtime          = "provided.al2023"
  architectures    = ["x86_64"]
  handler          = "bootstrap"
  role             = aws_iam_role.main.arn
  filename         = "${path.module}/code-${var.step}.zip"
  source_code_hash = filebase64sha256("${path.module}/code-${var.step}.zip")
  memory_size      = 128 * var.step
  timeout          = 5 * var.step
  environment {
    variables = { STEP = var.step }
  }
  ephemeral_storage {
    size = 512 * var.step
  }
  tracing_config {
    mode = local.changed ? "Active" : "PassThrough"
  }
  tags       = { step = var.step }
  depends_on = [aws_cloudwatch_log_group.main, aws_iam_role_policy.main]
}

resource "aws_lambda_permission" "main" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.main.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.main.execution_arn}/*/*"
}

resource "aws_api_gateway_rest_api" "main" {
  name        = "terraform-${var.step}"
  description = "Reads numbers back ${var.step}"
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "terraform-${var.step}", version = "1", description = "Reads numbers back ${var.step}" }
    paths = {
      (local.changed ? "/numbers" : "/calls") = {
        get = {
          responses = {}
          "x-amazon-apigateway-integration" = {
            type       = "aws_proxy"
            httpMethod = "POST"
            uri        = aws_lambda_function.main.invoke_arn
          }
        }
      }
    }
  })
  endpoint_configuration { types = ["REGIONAL"] }
  tags = { step = var.step }
}

resource "aws_api_gateway_deployment" "main" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  description = "Step ${var.step}"
}

resource "aws_api_gateway_stage" "main" {
  rest_api_id          = aws_api_gateway_rest_api.main.id
  deployment_id        = aws_api_gateway_deployment.main.id
  stage_name           = "live"
  description          = "Step ${var.step}"
  xray_tracing_enabled = local.changed
  variables            = { step = var.step }
  tags                 = { step = var.step }
}

resource "aws_api_gateway_method_settings" "main" {
  rest_api_id = aws_api_gateway_rest_api.main.id
  stage_name  = aws_api_gateway_stage.main.stage_name
  method_path = "*/*"
  settings {
    throttling_rate_limit  = 10 * var.step
    throttling_burst_limit = 20 * var.step
  }
}

resource "aws_api_gateway_api_key" "main" {
  name        = "terraform-${var.step}"
  description = "The key ${var.step}"
  enabled     = !local.changed
  tags        = { step = var.step }
}

resource "aws_api_gateway_usage_plan" "main" {
  name        = "terraform-${var.step}"
  description = "The plan ${var.step}"
  api_stages {
    api_id = aws_api_gateway_rest_api.main.id
    stage  = aws_api_gateway_stage.main.stage_name
  }
  quota_settings {
    limit  = 1000 * var.step
    period = local.changed ? "MONTH" : "DAY"
  }
  throttle_settings {
    rate_limit  = 5 * var.step
    burst_limit = 10 * var.step
  }
  tags = { step = var.step }
}

resource "aws_api_gateway_usage_plan_key" "main" {
  key_id        = aws_api_gateway_api_key.main.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.main.id
}

resource "aws_acm_certificate" "main" {
  certificate_body = file("${path.module}/certificate-${var.step}.pem")
  private_key      = file("${path.module}/key-${var.step}.pem")
  tags             = { step = var.step }
}

resource "aws_api_gateway_domain_name" "main" {
  domain_name              = "api.terraform.example"
  regional_certificate_arn = aws_acm_certificate.main.arn
  security_policy          = "TLS_1_2"
  endpoint_configuration { types = ["REGIONAL"] }
  tags = { step = var.step }
}

resource "aws_api_gateway_base_path_mapping" "main" {
  api_id      = aws_api_gateway_rest_api.main.id
  stage_name  = aws_api_gateway_stage.main.stage_name
  domain_name = aws_api_gateway_domain_name.main.domain_name
  base_path   = "v${var.step}"
}

resource "aws_s3_bucket" "main" {
  bucket        = "terraform-recordings"
  force_destroy = true
  tags          = { step = var.step }
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = local.changed ? "Suspended" : "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = local.changed
  restrict_public_buckets = local.changed
}

resource "aws_s3_object" "main" {
  bucket       = aws_s3_bucket.main.id
  key          = "hello.txt"
  content      = "Step ${var.step}"
  content_type = "text/plain"
  metadata     = { step = var.step }
  depends_on   = [aws_s3_bucket_versioning.main]
}
