# The provider, on one endpoint. `step` is 1 at first, and 2 when every argument that can change does.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }

variable "step" {
  type    = number
  default = 1
}

locals {
  changed = var.step == 2
  account = "111122223333"
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = local.account
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true
  endpoints {
    acm        = var.endpoint
    apigateway = var.endpoint
    connect    = var.endpoint
    dynamodb   = var.endpoint
    iam        = var.endpoint
    lambda     = var.endpoint
    logs       = var.endpoint
    s3         = var.endpoint
    sts        = var.endpoint
  }
}
