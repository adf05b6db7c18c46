#!/usr/bin/env bash
# aws CLI: cloudformation package and deploy, an update, a failed update's rollback, delete.
source "$(dirname "$0")/common.sh"

stack=$bucket
aws s3 mb "s3://$bucket-artifacts"

cat > child.yaml <<'EOF'
Parameters: {Name: {Type: String}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
Outputs: {Arn: {Value: !GetAtt Bucket.Arn}}
EOF
cat > template.yaml <<EOF
Parameters: {Path: {Type: String, Default: /one/}}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml, Parameters: {Name: $bucket-child}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Path: !Ref Path
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: sts:AssumeRole}]
Outputs: {Arn: {Value: !GetAtt Child.Outputs.Arn}, Role: {Value: !GetAtt Role.Arn}}
EOF

output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

aws cloudformation package --template-file template.yaml --s3-bucket "$bucket-artifacts" \
    --output-template-file packaged.yaml > /dev/null
deploy() {
    aws cloudformation deploy --template-file packaged.yaml --stack-name "$stack" \
        --capabilities CAPABILITY_IAM --tags team=judges "$@"
}
refused InsufficientCapabilities aws cloudformation create-stack --stack-name "$stack" \
    --template-body file://packaged.yaml
deploy > /dev/null
[[ $(output Arn) == "arn:aws:s3:::$bucket-child" ]] || fail "the output is $(output Arn)"
first=$(output Role)
# A stack within a stack is a change that may be: never "No changes to deploy".
deploy > /dev/null
[[ $(output Role) == "$first" ]] || fail "a second deploy replaced the role"
deploy --parameter-overrides Path=/two/ > /dev/null
[[ $(output Role) == *role/two/* && $(output Role) != "$first" ]] || fail "the role was not replaced"

refused "Failed to create/update the stack" deploy --parameter-overrides Path=no-slash
[[ $(aws cloudformation describe-stacks --stack-name "$stack" --output text \
    --query 'Stacks[0].StackStatus') == UPDATE_ROLLBACK_COMPLETE ]] || fail "no rollback"
[[ $(output Role) == *role/two/* ]] || fail "the rollback lost the role"

aws cloudformation delete-stack --stack-name "$stack"
aws cloudformation wait stack-delete-complete --stack-name "$stack"
refused 404 aws s3api head-bucket --bucket "$bucket-child"
aws s3 rb --force "s3://$bucket-artifacts" > /dev/null
