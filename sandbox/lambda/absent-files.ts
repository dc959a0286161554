import fs from 'node:fs';

const absent = (name: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, ${name}`), { code: 'ENOENT', errno: -2, syscall: name });

const promises = new Proxy(fs.promises, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name);
    return typeof value === 'function' ? () => Promise.reject(absent(String(name))) : value;
  },
});

/**
 * Replacements of `node:fs` and `node:fs/promises` without any files, so that nothing of the machine (such as `~/.aws`)
 * reaches a function. Every file is missing, and nothing can be written.
 */
export const absentFiles = {
  fs: new Proxy(fs, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'promises') return promises;
      if (name === 'existsSync') return () => false;
      // Classes such as Stats and ReadStream, and constants.
      if (typeof value !== 'function' || typeof name !== 'string' || /^[A-Z]/.test(name)) return value;
      return (...args: unknown[]) => {
        const callback = args.at(-1);
        if (name.endsWith('Sync') || typeof callback !== 'function') throw absent(name);
        process.nextTick(() => callback(absent(name)));
      };
    },
  }),
  promises,
};
