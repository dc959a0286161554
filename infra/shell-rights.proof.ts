import { expect, it } from 'vitest';
import { resourcesOf, templateOf } from './stack-under-test.ts';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
}

const statementsOf = (context: Readonly<Record<string, unknown>> = {}) =>
  resourcesOf(templateOf(context), 'AWS::IAM::Role')
    .filter(({ id }) => id.startsWith('CloseShells'))
    .flatMap(({ Properties }) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }): Statement[] => PolicyDocument.Statement)
    .map(({ Sid }) => Sid);

it('the setting shellRights takes the rights to change hosts away, and leaves those to look', () => {
  expect(statementsOf()).toEqual(expect.arrayContaining(['LookAtHosts', 'ChangeHosts']));
  const off = statementsOf({ shellRights: 'off' });
  expect(off).toContain('LookAtHosts');
  expect(off).not.toContain('ChangeHosts');
});

it('the right to set preferences of sessions, which can hold commands, is there only where sessionRights says so', () => {
  expect(statementsOf()).toContain('LookAtSessions');
  expect(statementsOf()).not.toContain('SetSessions');
  expect(statementsOf({ shellRights: 'off', sessionRights: 'on' })).toEqual(
    expect.arrayContaining(['LookAtSessions', 'SetSessions']),
  );
});

it('what is run on hosts takes no parameters, and says in its first line what it is for', () => {
  const documents = resourcesOf(templateOf({}), 'AWS::SSM::Document')
    .filter(({ id }) => id.startsWith('CloseShells'))
    .map(({ Properties: { Content } }) => Content);
  expect(documents.map(({ mainSteps }) => mainSteps[0].inputs.runCommand[0])).toEqual([
    'ACTION=look',
    'ACTION=close',
    'ACTION=restore',
  ]);
  for (const { parameters, mainSteps } of documents) {
    expect(parameters).toBeUndefined();
    // Systems Manager would replace text in such braces.
    expect(mainSteps[0].inputs.runCommand.join('\n')).not.toMatch(/\{\{/);
  }
});
