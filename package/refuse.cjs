// `npm pack` in a clone would pack sources that no user's Node.js runs. The package is packed from a folder of its own,
// whose manifest has no scripts. In CommonJS, as node-version.cjs is.
console.error('Pack it with: npm run -s package');
process.exit(1);
