import { createPrivateKey } from 'node:crypto';

// A self-signed certificate for `localhost`, valid until 2126, and its key: made for these tests and good for nothing
// else.
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUIVyaGXVs9HjnesOc/TkGcYRSdY4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA2NDkzMFoYDzIxMjYxMDMx
MDY0OTMwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATllzn7wJqLCJrA7TtAdpw8ddAgMxyO461xYs1WqXfufDYH8Tbo+sOY
z6kHaqxbQm5sjKScuHQxqXw+TvxxS+vFo2kwZzAdBgNVHQ4EFgQUbrMoM+SUTldR
2oRYdu0POgTB0dUwHwYDVR0jBBgwFoAUbrMoM+SUTldR2oRYdu0POgTB0dUwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgNgkf6gaSQjs83+F+Pk/ttgRu6L0xXdCy9lHtDuN85DkCIDOx5nMwL7Q5
Z+5V8HAm0JQuhpbWXJBxG3ILQEvjs+it
-----END CERTIFICATE-----
`;

export const KEY = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    x: '5Zc5-8CaiwiawO07QHacPHXQIDMcjuOtcWLNVql37nw',
    y: 'NgfxNuj6w5jPqQdqrFtCbmyMpJy4dDGpfD5O_HFL68U',
    crv: 'P-256',
    d: 'xVRg_u6diiiJGy7taWD_HUMekos34sjyVq5lGWHccKQ',
  },
}).export({ format: 'pem', type: 'pkcs8' });
