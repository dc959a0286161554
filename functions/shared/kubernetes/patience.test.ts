import { expect, it } from 'vitest';
import { createPatience, patienceOf } from './patience.ts';

function clocked() {
  let now = 0;
  const patience = createPatience({ now: () => now }, 1000);
  const pass = (ms: number) => {
    now += ms;
  };
  return { patience, pass };
}

it('counts the time of calls, and not what lies between them', async () => {
  const { patience, pass } = clocked();
  await patience.during(async () => pass(300));
  pass(5000);
  expect(patience.left()).toBe(700);
  await patience.during(async () => pass(300));
  expect(patience.left()).toBe(400);
});

it('counts calls that wait at the same time once', async () => {
  const { patience, pass } = clocked();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const calls = [patience.during(() => first.promise), patience.during(() => second.promise)];
  pass(200);
  first.resolve();
  await calls[0];
  pass(200);
  expect(patience.left()).toBe(600);
  second.resolve();
  await calls[1];
  pass(200);
  expect(patience.left()).toBe(600);
});

it('counts the time of calls that fail, and is never below zero', async () => {
  const { patience, pass } = clocked();
  const failing = patience.during(async () => {
    pass(1500);
    throw new Error('late');
  });
  await expect(failing).rejects.toThrow('late');
  expect(patience.left()).toBe(0);
});

it('is a quarter of the time limit of a function', () => {
  expect(patienceOf({ now: () => 0 }, 60).left()).toBe(15_000);
});
