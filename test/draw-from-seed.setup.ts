import fc from 'fast-check';

// Each property draws from the seed that the settings of the tests choose.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.PROPERTY_SEED) });
