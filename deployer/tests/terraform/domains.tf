# A zone, a certificate that is validated in it, a domain with the certificate, and its alias: for terraform_domains.py.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "port" {}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    acm        = "http://127.0.0.1:${var.port}"
    route53    = "http://127.0.0.1:${var.port}"
    apigateway = "http://127.0.0.1:${var.port}"
    sts        = "http://127.0.0.1:${var.port}"
    iam        = "http://127.0.0.1:${var.port}"
  }
}
variable "ttl" { default = 60 }
resource "aws_route53_zone" "main" {
  name = "voice.example"
  tags = { team = "voice" }
}
resource "aws_acm_certificate" "api" {
  domain_name               = "api.voice.example"
  subject_alternative_names = ["*.api.voice.example", "www.voice.example"]
  validation_method         = "DNS"
  tags                      = { team = "voice" }
  lifecycle { create_before_destroy = true }
}
resource "aws_route53_record" "validation" {
  for_each = { for o in aws_acm_certificate.api.domain_validation_options : o.domain_name => o if !startswith(o.domain_name, "*") }
  zone_id  = aws_route53_zone.main.zone_id
  name     = each.value.resource_record_name
  type     = each.value.resource_record_type
  records  = [each.value.resource_record_value]
  ttl      = var.ttl
}
resource "aws_acm_certificate_validation" "api" {
  certificate_arn         = aws_acm_certificate.api.arn
  validation_record_fqdns = [for r in aws_route53_record.validation : r.fqdn]
}
resource "aws_api_gateway_domain_name" "api" {
  domain_name              = "api.voice.example"
  regional_certificate_arn = aws_acm_certificate_validation.api.certificate_arn
  security_policy          = "TLS_1_2"
  endpoint_configuration { types = ["REGIONAL"] }
}
resource "aws_route53_record" "alias" {
  for_each = toset(["A", "AAAA"])
  zone_id  = aws_route53_zone.main.zone_id
  name     = aws_api_gateway_domain_name.api.domain_name
  type     = each.value
  alias {
    name                   = aws_api_gateway_domain_name.api.regional_domain_name
    zone_id                = aws_api_gateway_domain_name.api.regional_zone_id
    evaluate_target_health = false
  }
}
resource "aws_route53_record" "txt" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "info.voice.example"
  type    = "TXT"
  ttl     = var.ttl
  records = ["hello there", "v=spf1 -all"]
}
data "aws_route53_zone" "by_name" {
  name = aws_route53_zone.main.name
}
output "same" { value = data.aws_route53_zone.by_name.zone_id == aws_route53_zone.main.zone_id }
