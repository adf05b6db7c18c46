#!/usr/bin/env bash
# AWS CDK CLI: deploy of an assembly with a stack in a stack, diff, an update, a failed update's rollback, destroy.
# The assembly is written by hand as `cdk synth` with the legacy synthesizer writes it: it needs no bootstrap.
source "$(dirname "$0")/common.sh"

stack=$bucket
export CDK_DISABLE_CLI_TELEMETRY=1
aws s3 mb "s3://$bucket-templates" > /dev/null
cat > child.json <<'EOF'
{"Parameters": {"Path": {"Type": "String"}},
 "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Path": {"Ref": "Path"}, "AssumeRolePolicyDocument":
  {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}},
 "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}}
EOF
aws s3 cp child.json "s3://$bucket-templates/child.json" > /dev/null

# synthesize PATH
synthesize() {
    mkdir -p cdk.out
    cat > cdk.out/manifest.json <<EOF
{"version": "36.0.0", "artifacts": {"$stack": {"type": "aws:cloudformation:stack",
 "environment": "aws://unknown-account/unknown-region",
 "properties": {"templateFile": "template.json", "tags": {"team": "judges"}}}}}
EOF
    cat > cdk.out/template.json <<EOF
{"Resources": {
  "Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Path": "$1"},
   "TemplateURL": "https://$bucket-templates.s3.amazonaws.com/child.json"}},
  "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String",
   "Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}}}},
 "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}}}}
EOF
}
cdk() {
    npx --prefix "$NODE_PATH/.." cdk --app cdk.out --no-notices --ci "$@"
}
arn() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query 'Stacks[0].Outputs[0].OutputValue'
}

synthesize /one/
cdk deploy --require-approval never > deployed 2>&1 || fail "$(tail -5 deployed)"
[[ $(arn) == *:role/one/* ]] || fail "the output is $(arn)"
cdk deploy --require-approval never 2>&1 | grep -q "no changes" || fail "a second deploy changed something"
synthesize /two/
cdk diff 2>&1 | grep -q /two/ || fail "the difference is not told"
cdk deploy --require-approval never > deployed 2>&1 || fail "$(tail -5 deployed)"
[[ $(arn) == *:role/two/* ]] || fail "the output is $(arn)"
synthesize no-slash
refused "UPDATE_ROLLBACK_COMPLETE" cdk deploy --require-approval never
[[ $(arn) == *:role/two/* ]] || fail "the rollback lost the role"
cdk destroy --force > /dev/null 2>&1
refused "does not exist" aws cloudformation describe-stacks --stack-name "$stack"
aws s3 rb --force "s3://$bucket-templates" > /dev/null
