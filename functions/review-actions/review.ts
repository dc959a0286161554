import { DESCRIPTION } from './description.ts';
import { QueryUnfinished } from './insights.ts';
import { type ObserveDeps, observeIncident, observeOverview, observePosture } from './observe.ts';
import { observePlan } from './observe-plan.ts';
import { readQuestion } from './question.ts';
import { renderIncident, renderNotice, renderOverview, renderPlan, renderPosture } from './render/page.ts';
import { createClockFace } from './time-axis.ts';
import type { Page } from './view.ts';

export interface ReviewDeps extends ObserveDeps {
  readonly endpoints: Page['endpoints'];
}

/** Errors that a viewer can act upon are shown in the widget. All others fail the invocation. */
const isBusy = (error: unknown): error is Error =>
  error instanceof QueryUnfinished || (error instanceof Error && error.name === 'LimitExceededException');

/** Answers one invocation of the widget: markup, or Markdown where CloudWatch asks for documentation. */
export async function review(deps: ReviewDeps, event: unknown): Promise<string | typeof DESCRIPTION> {
  const question = readQuestion(event, deps.clock.now());
  if (question.describe) return DESCRIPTION;
  const { endpoints } = deps;
  const functions = deps.requestable.map(({ name }) => name);
  const page: Page = { question, time: createClockFace(question.look.timezone.offsetISO), functions, endpoints };
  try {
    if (question.page === 'posture') return renderPosture(await observePosture(deps, question), page);
    if (question.page === 'plan') return renderPlan(await observePlan(deps, question), page);
    return question.subject === undefined
      ? renderOverview(await observeOverview(deps, question), page)
      : renderIncident(await observeIncident(deps, question, question.subject), page);
  } catch (error) {
    if (!isBusy(error)) throw error;
    return renderNotice(`${error.message} Choose a shorter time range, or refresh the widget.`, page);
  }
}
