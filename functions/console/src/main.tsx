import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries";
import { App } from "./app";
import { start } from "./session";
import "./styles/theme.css";
import "./styles/frame.css";
import "./styles/controls.css";
import "./styles/pages.css";
import "./styles/ticket.css";

// A new version is deployed while the page is open: its files have other names.
addEventListener("vite:preloadError", () => location.reload());

void start();
const place = document.getElementById("console");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
