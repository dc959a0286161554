import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { toldMemory } from '../shared/ledger/tell-once.ts';
import type { Reason } from './reasons.ts';

/** The kind of the items about the support of clusters, by cluster. */
const SUPPORT = 'support';
/** The kind of the items about certificate authorities, by cluster. */
const AUTHORITY = 'certificate-authority';
/** The kind of the items about user data that embeds an authority, by cluster and group. */
const USER_DATA = 'authority-in-user-data';
/** The kind of the items about plans of AWS Health, by plan and cluster. */
const PLANNED = 'planned-change';

const told = z.object(toldMemory<Reason>());
export type Told = Readonly<z.infer<typeof told>>;

const planned = told.extend({
  cluster: z.string(),
  /** When AWS Health sent the event that was recorded last, epoch milliseconds. */
  sentAt: z.number(),
});
export type Planned = Readonly<z.infer<typeof planned>>;

/** How long an item is kept after its last change, ms. */
const KEPT_FOR = 800 * 86_400_000;

export const readSupport = (ledger: Ledger): Promise<Map<string, Told>> => readTold(ledger, SUPPORT);

export const readAuthorityTold = (ledger: Ledger): Promise<Map<string, Told>> => readTold(ledger, AUTHORITY);

async function readTold(ledger: Ledger, kind: string): Promise<Map<string, Told>> {
  const items = await queryItems(ledger, kind, told.extend({ sk: z.string() }));
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another run was first */
export const saveSupport = (ledger: Ledger, cluster: string, state: Told, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: SUPPORT, sk: cluster, keptUntil: now + KEPT_FOR }, state, writer);

/** @returns the saved state; undefined when another run was first */
export const saveAuthorityTold = (ledger: Ledger, cluster: string, state: Told, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: AUTHORITY, sk: cluster, keptUntil: now + KEPT_FOR }, state, writer);

/** @returns the states, by cluster and group as `subjectOf` names them */
export const readUserDataTold = (ledger: Ledger): Promise<Map<string, Told>> => readTold(ledger, USER_DATA);

/** @returns the saved state; undefined when another run was first */
export const saveUserDataTold = (ledger: Ledger, subject: string, state: Told, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: USER_DATA, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);

/**
 * The key of a plan and a cluster. It is a digest, because ARNs of AWS Health events may be longer than a key of
 * DynamoDB.
 */
export const plannedKey = (eventArn: string, cluster: string): string =>
  createHash('sha256').update(`${eventArn} ${cluster}`).digest('hex');

/** @returns the states, by `plannedKey` */
export async function readPlanned(ledger: Ledger): Promise<Map<string, Planned>> {
  const items = await queryItems(ledger, PLANNED, planned.extend({ sk: z.string() }));
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another run was first */
export const savePlanned = (ledger: Ledger, key: string, state: Planned, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: PLANNED, sk: key, keptUntil: now + KEPT_FOR }, state, writer);
