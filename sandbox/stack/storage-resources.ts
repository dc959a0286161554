import * as z from 'zod';
import { policyDocument } from '../account/iam/policy-evaluation.ts';
import { arn, type ResourceType, resourceType } from './resource-type.ts';

const withoutEffect = z.unknown().optional();

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
});

const table = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z
    .array(z.strictObject({ IndexName: z.string(), KeySchema: keySchema, Projection: projection }))
    .optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  DeletionProtectionEnabled: withoutEffect,
  PointInTimeRecoverySpecification: withoutEffect,
  SSESpecification: withoutEffect,
  Tags: withoutEffect,
});

const parameter = z.strictObject({
  Name: z.string().optional(),
  Type: z.enum(['String', 'StringList']),
  Value: z.string(),
  Description: z.string().optional(),
  Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).optional(),
  Tags: withoutEffect,
});

const commandDocument = z.strictObject({
  DocumentType: z.literal('Command'),
  DocumentFormat: z.literal('JSON'),
  UpdateMethod: z.literal('Replace').optional(),
  Content: z.strictObject({
    schemaVersion: z.literal('2.2'),
    description: z.string().optional(),
    mainSteps: z
      .array(
        z.strictObject({
          action: z.literal('aws:runShellScript'),
          name: z.string(),
          precondition: z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) }),
          inputs: z.strictObject({ timeoutSeconds: z.string(), runCommand: z.array(z.string()).min(1) }),
        }),
      )
      .length(1),
  }),
  Tags: withoutEffect,
});

/** Tables, parameters, documents and keys. */
export const STORAGE_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': resourceType(
    table,
    ({ world, given, generated }) => {
      const name = given('TableName') ?? generated(255);
      return { ref: name, attributes: { Arn: arn(world, 'dynamodb', `table/${name}`) } };
    },
    async (properties, { dynamoDb, identity }) => {
      const { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes, TimeToLiveSpecification } =
        properties;
      await dynamoDb.createTable({
        create: { TableName: identity.ref, AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes },
        ...(TimeToLiveSpecification?.Enabled === true
          ? { timeToLiveAttribute: TimeToLiveSpecification.AttributeName }
          : {}),
      });
    },
  ),
  'AWS::SSM::Parameter': resourceType(
    parameter,
    ({ given, generated }) => ({
      ref: given('Name') ?? generated(512),
      attributes: { Type: given('Type') ?? '', Value: given('Value') ?? '' },
    }),
    ({ Type, Value, Description, Tier }, { putParameter, identity }) =>
      putParameter({ Name: identity.ref, Type, Value, Description, Tier }),
  ),
  'AWS::SSM::Document': resourceType(
    commandDocument,
    ({ given, generated }) => ({ ref: given('Name') ?? generated(128), attributes: {} }),
    ({ Content: { mainSteps } }, { addDocument, identity }) => {
      for (const { name, inputs } of mainSteps)
        addDocument({
          name: identity.ref,
          pluginName: name,
          platforms: ['Linux'],
          script: inputs.runCommand.join('\n'),
          scriptEndsWithinMs: Number(inputs.timeoutSeconds) * 1000,
          parameters: {},
        });
    },
  ),
  // The sandbox encrypts nothing, so a key has only its name and its policy.
  'AWS::KMS::Key': resourceType(
    z.looseObject({ KeyPolicy: policyDocument.optional() }),
    ({ world, generated }) => {
      const id = generated(36);
      return { ref: id, attributes: { KeyId: id, Arn: arn(world, 'kms', `key/${id}`) } };
    },
    ({ KeyPolicy }, { authorization, identity }) => {
      if (KeyPolicy !== undefined) authorization.addResourcePolicy(identity.attributes.Arn ?? '', KeyPolicy);
    },
  ),
  'AWS::KMS::Alias': resourceType(z.looseObject({}), ({ given }) => ({
    ref: given('AliasName') ?? '',
    attributes: {},
  })),
  'AWS::CDK::Metadata': resourceType(z.looseObject({}), ({ logicalId }) => ({ ref: logicalId, attributes: {} })),
};
