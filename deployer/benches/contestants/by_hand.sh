#!/usr/bin/env bash
# The stack by hand, with the AWS command line, one command after the other: by_hand.sh ENDPOINT DIRECTORY create|check|change|destroy
# What it does is what by_hand.py does.
set -euo pipefail
export AWS_ENDPOINT_URL="$1" AWS_ACCESS_KEY_ID=example AWS_SECRET_ACCESS_KEY=example AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_PAGER="" AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_OUTPUT=text
cd "$2"

account=111122223333 domain=by-hand.example table=by-hand-numbers
pairs="Key=application,Value=vanity-numbers Key=environment,Value=dev" tags="application=vanity-numbers,environment=dev"

quiet() { aws "$@" >/dev/null; }
is() { [ "$1" = "$2" ] || { echo "$3 is '$1', not '$2'" >&2; exit 1; }; }

create() {
  is "$(aws sts get-caller-identity --query Account)" "$account" "the account"
  quiet dynamodb create-table --table-name "$table" --billing-mode PAY_PER_REQUEST --key-schema AttributeName=id,KeyType=HASH \
    --attribute-definitions AttributeName=id,AttributeType=S AttributeName=feed,AttributeType=S AttributeName=updated_at,AttributeType=N \
    --global-secondary-indexes "IndexName=recent,KeySchema=[{AttributeName=feed,KeyType=HASH},{AttributeName=updated_at,KeyType=RANGE}],Projection={ProjectionType=ALL}" \
    --tags $pairs
  aws dynamodb wait table-exists --table-name "$table"
  quiet dynamodb update-continuous-backups --table-name "$table" --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
  for name in convert get; do
    timeout=8; [ "$name" = convert ] || timeout=10
    quiet logs create-log-group --log-group-name "/aws/lambda/by-hand-$name" --tags "$tags"
    quiet logs put-retention-policy --log-group-name "/aws/lambda/by-hand-$name" --retention-in-days 30
    quiet iam create-role --role-name "by-hand-$name" --assume-role-policy-document file://trust.json --tags $pairs
    quiet iam put-role-policy --role-name "by-hand-$name" --policy-name function --policy-document file://policy.json
    quiet lambda create-function --function-name "by-hand-$name" --runtime provided.al2023 --handler bootstrap --memory-size 256 \
      --timeout "$timeout" --role "arn:aws:iam::$account:role/by-hand-$name" --zip-file "fileb://$name.zip" --tags "$tags" \
      --environment "Variables={TABLE_NAME=$table}"
    aws lambda wait function-active-v2 --function-name "by-hand-$name"
  done
  api=$(aws apigateway create-rest-api --name by-hand --endpoint-configuration types=REGIONAL --tags "$tags" --query id)
  quiet apigateway put-rest-api --rest-api-id "$api" --mode overwrite --body fileb://api.json
  quiet lambda add-permission --function-name by-hand-get --statement-id api --action lambda:InvokeFunction \
    --principal apigateway.amazonaws.com --source-arn "arn:aws:execute-api:us-east-1:$account:$api/*/*"
  deployment=$(aws apigateway create-deployment --rest-api-id "$api" --query id)
  quiet apigateway create-stage --rest-api-id "$api" --stage-name live --deployment-id "$deployment" --tags "$tags"
  certificate=$(aws acm import-certificate --certificate fileb://certificate.pem --private-key fileb://key.pem --tags $pairs --query CertificateArn)
  quiet apigateway create-domain-name --domain-name "$domain" --regional-certificate-arn "$certificate" --endpoint-configuration types=REGIONAL \
    --security-policy TLS_1_2 --tags "$tags"
  quiet apigateway create-base-path-mapping --domain-name "$domain" --rest-api-id "$api" --stage live
  echo "$api $certificate" > ids
}

check() {
  read -r api certificate < ids
  for name in convert get; do
    quiet iam get-role-policy --role-name "by-hand-$name" --policy-name function
    code=$(openssl dgst -sha256 -binary "$name.zip" | base64)
    is "$(aws lambda get-function-configuration --function-name "by-hand-$name" --query CodeSha256)" "$code" "the code of $name"
  done
  is "$(aws dynamodb describe-table --table-name "$table" --query Table.TableStatus)" ACTIVE "the table"
  is "$(aws dynamodb describe-continuous-backups --table-name "$table" --query ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus)" ENABLED "the table's recovery"
  is "$(aws logs describe-log-groups --log-group-name-prefix /aws/lambda/by-hand- --query 'sum(logGroups[].retentionInDays)')" 60 "the retention of both"
  quiet lambda get-policy --function-name by-hand-get
  quiet apigateway get-stage --rest-api-id "$api" --stage-name live
  is "$(aws apigateway get-domain-name --domain-name "$domain" --query regionalCertificateArn)" "$certificate" "the domain's certificate"
  is "$(aws apigateway get-base-path-mapping --domain-name "$domain" --base-path '(none)' --query stage)" live "the mapping's stage"
}

change() {
  check
  quiet lambda update-function-configuration --function-name by-hand-convert --environment "Variables={TABLE_NAME=$table,LOG_LEVEL=debug}"
  aws lambda wait function-updated-v2 --function-name by-hand-convert
}

destroy() {
  read -r api certificate < ids
  aws apigateway delete-base-path-mapping --domain-name "$domain" --base-path '(none)'
  aws apigateway delete-domain-name --domain-name "$domain"
  aws apigateway delete-rest-api --rest-api-id "$api"
  aws acm delete-certificate --certificate-arn "$certificate"
  for name in convert get; do
    quiet lambda delete-function --function-name "by-hand-$name"
    aws iam delete-role-policy --role-name "by-hand-$name" --policy-name function
    aws iam delete-role --role-name "by-hand-$name"
    aws logs delete-log-group --log-group-name "/aws/lambda/by-hand-$name"
  done
  quiet dynamodb delete-table --table-name "$table"
}

"$3"
