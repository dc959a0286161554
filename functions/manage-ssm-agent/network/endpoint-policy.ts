import type { AgentIdentity } from '../../shared/iam/agent-calls.ts';
import { judge } from '../../shared/iam/judge.ts';
import { statementsOf } from '../../shared/iam/policy-statements.ts';
import { questionsFor } from '../rights/questions.ts';
import { type Judgement, no, unsure, YES } from './judgement.ts';
import type { Service } from './networks.ts';

/** Whether an endpoint's policy lets an agent call a service. An endpoint without a policy allows every caller. */
export function judgeEndpointPolicy(
  document: string | undefined,
  service: Service,
  caller: AgentIdentity,
  endpoint: string,
): Judgement {
  if (document === undefined || document === '') return YES;
  const statements = statementsOf(document);
  for (const question of questionsFor(service, caller)) {
    const { allowed, denied } = judge(statements, question);
    const way = `the policy of ${endpoint}`;
    if (denied === 'yes') return no(`${way} denies ${question.action}`);
    if (allowed === 'no') return no(`${way} does not allow ${question.action}`);
    if (denied === 'unsure' || allowed === 'unsure') {
      return unsure(`whether ${way} allows ${question.action} cannot be told`);
    }
  }
  return YES;
}
