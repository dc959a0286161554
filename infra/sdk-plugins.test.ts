import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import { DeleteInventoryCommand, SSMClient, SSMServiceException } from '@aws-sdk/client-ssm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { SDK_PLUGINS, withoutUnnamedErrors } from './sdk-plugins.ts';

const SCHEMAS = `
export var Known$ = [-3, n0, _K, { ["error"]: _c }, [], []];
n0_registry.registerError(Known$, Known);
export var Other$ = [-3, n0, _O,
    { ["awsQueryError"]: [\`Other\`, 400], ["error"]: _c },
    [], []
];
n0_registry.registerError(Other$, Other);
export var CodedException$ = [-3, n0, _CE,
    { ["awsQueryError"]: [\`Coded\`, 400], ["error"]: _c },
    [], []
];
n0_registry.registerError(CodedException$, CodedException);
export var UnnamedException$ = [-3, n0, _UE,
    { ["awsQueryError"]: [\`Unnamed\`, 400], ["error"]: _c },
    [], []
];
n0_registry.registerError(UnnamedException$, UnnamedException);
export var Busy$ = [-3, n0, _B, { ["error"]: _c }, [], []];
n0_registry.registerError(Busy$, Busy);
`;
const ERRORS = 'export class Other extends E {\n}\nexport class Busy extends E {\n    $retryable = {};\n}\n';

it('registers an error that is named, by its class or by its code, or that a retry may cure', () => {
  const kept = withoutUnnamedErrors(SCHEMAS, ERRORS, new Set(['Known', 'Coded']));
  expect([...kept.matchAll(/registerError\((\w+)\$/g)].map(([, name]) => name)).toEqual([
    'Known',
    'CodedException',
    'Busy',
  ]);
});

it('an error that no function names says all that it says with a class of its own', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@aws-sdk/client-ssm';", resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    supported: { 'dynamic-import': false },
    plugins: SDK_PLUGINS,
    logLevel: 'silent',
  });
  const bundled = { exports: {} as typeof import('@aws-sdk/client-ssm') };
  const load = runInThisContext(`(function (exports, require, module) {${outputFiles[0]!.text}\n})`);
  load(bundled.exports, createRequire(import.meta.url), bundled);
  const requestHandler = {
    handle: async () => ({
      response: {
        statusCode: 400,
        headers: {},
        body: Buffer.from('{"__type":"InvalidUpdate","Message":"not an update"}'),
      },
    }),
  };
  const refusal = async (sdk: typeof import('@aws-sdk/client-ssm')) => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new sdk.SSMClient({ region: 'eu-central-1', credentials, requestHandler } as never);
    const error = await client.send(new sdk.DeleteInventoryCommand({ TypeName: 'Custom:A' })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(sdk.SSMServiceException);
    const { name, message, $fault } = error as SSMServiceException;
    return { name, message, $fault };
  };
  const whole = await refusal({ SSMClient, DeleteInventoryCommand, SSMServiceException } as never);
  expect(whole).toEqual({ name: 'InvalidUpdate', message: 'not an update', $fault: 'client' });
  expect(outputFiles[0]!.text).not.toContain('registerError(InvalidUpdate$');
  expect(await refusal(bundled.exports)).toEqual(whole);
  // A class that a function names stays, and so does the version that AWS is told.
  expect(outputFiles[0]!.text).toContain('registerError(ParameterNotFound$');
  const { version } = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('@aws-sdk/client-ssm/package.json'), 'utf8'),
  );
  expect(outputFiles[0]!.text).toContain(version);
  // No middleware copies what is sent and answered.
  const middlewareOf = (sdk: typeof import('@aws-sdk/client-ssm')) =>
    new sdk.SSMClient({ region: 'eu-central-1' }).middlewareStack.identify().join();
  expect(middlewareOf({ SSMClient } as never)).toContain('loggerMiddleware');
  expect(middlewareOf(bundled.exports)).not.toContain('loggerMiddleware');
});
