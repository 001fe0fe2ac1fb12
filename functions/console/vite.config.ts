import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page is written for each request, with its nonce, by the function: it reads the manifest.
export default defineConfig({
  plugins: [react()],
  base: "./",
  build: {
    manifest: "manifest.json",
    assetsDir: "",
    // The policy allows no inline script and no data URL for one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/main.tsx" },
  },
});
